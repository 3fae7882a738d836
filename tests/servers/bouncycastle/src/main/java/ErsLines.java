import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Security;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoGeneratorBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.DigestCalculator;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.TSPAlgorithms;
import org.bouncycastle.tsp.TimeStampRequest;
import org.bouncycastle.tsp.TimeStampRequestGenerator;
import org.bouncycastle.tsp.TimeStampResponse;
import org.bouncycastle.tsp.TimeStampResponseGenerator;
import org.bouncycastle.tsp.TimeStampTokenGenerator;
import org.bouncycastle.tsp.ers.ERSArchiveTimeStamp;
import org.bouncycastle.tsp.ers.ERSArchiveTimeStampGenerator;
import org.bouncycastle.tsp.ers.ERSByteData;
import org.bouncycastle.tsp.ers.ERSData;
import org.bouncycastle.tsp.ers.ERSDataGroup;
import org.bouncycastle.tsp.ers.ERSEvidenceRecord;
import org.bouncycastle.tsp.ers.ERSEvidenceRecordGenerator;
import org.bouncycastle.util.CollectionStore;

/** Makes and verifies evidence records, a command a line on standard input, an answer a line on standard output. */
public class ErsLines {
    private static final DigestCalculatorProvider DIGESTS = digests();

    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.trim().split(" ");
            String answer;
            try {
                answer = words[0].equals("make") ? make(Paths.get(words[1]), Integer.parseInt(words[2])) : verify(words);
            } catch (Throwable error) {
                answer = "no " + String.valueOf(error).replace('\n', ' ');
            }
            System.out.println(answer);
            System.out.flush();
        }
    }

    private static DigestCalculatorProvider digests() {
        Security.addProvider(new BouncyCastleProvider());
        try {
            return new JcaDigestCalculatorProviderBuilder().setProvider("BC").build();
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    private static String verify(String[] words) throws Exception {
        Date at = Date.from(Instant.parse(words[2]));
        List<ERSData> members = new ArrayList<>();
        for (int place = 3; place < words.length; place++) {
            members.add(new ERSByteData(Files.readAllBytes(Paths.get(words[place]))));
        }
        ERSData data = members.size() == 1 ? members.get(0) : new ERSDataGroup(members);
        ERSEvidenceRecord record = new ERSEvidenceRecord(Files.readAllBytes(Paths.get(words[1])), DIGESTS);
        record.validatePresent(data, at);
        X509CertificateHolder signer = record.getSigningCertificate();
        record.validate(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(signer));
        if (!signer.isValidOn(at)) {
            return "no the certificate of the youngest token is not valid at " + at;
        }
        return "ok";
    }

    private static String make(Path folder, int count) throws Exception {
        Files.createDirectories(folder);
        KeyPairGenerator keys = KeyPairGenerator.getInstance("EC", "BC");
        keys.initialize(new ECGenParameterSpec("P-256"));
        KeyPair pair = keys.generateKeyPair();
        X500Name name = new X500Name("CN=BouncyCastle TSA");
        ContentSigner signer = new JcaContentSignerBuilder("SHA256withECDSA").setProvider("BC").build(pair.getPrivate());
        Date since = new Date(System.currentTimeMillis() - 86400000L);
        X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
            name, BigInteger.ONE, since, new Date(since.getTime() + 86400000L * 3650), name, pair.getPublic());
        builder.addExtension(Extension.extendedKeyUsage, true, new ExtendedKeyUsage(KeyPurposeId.id_kp_timeStamping));
        X509CertificateHolder certificate = builder.build(signer);
        Files.write(folder.resolve("tsa.der"), certificate.getEncoded());
        DigestCalculator sha256 = DIGESTS.get(new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha256));
        DigestCalculator sha512 = DIGESTS.get(new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha512));
        TimeStampTokenGenerator tokens = new TimeStampTokenGenerator(
            new JcaSimpleSignerInfoGeneratorBuilder().setProvider("BC").build("SHA256withECDSA", pair.getPrivate(), certificate),
            sha256, new ASN1ObjectIdentifier("1.2.3"));
        tokens.addCertificates(new CollectionStore<X509CertificateHolder>(Collections.singletonList(certificate)));
        TimeStampResponseGenerator responses = new TimeStampResponseGenerator(tokens, TSPAlgorithms.ALLOWED);
        TimeStampRequestGenerator requests = new TimeStampRequestGenerator();
        requests.setCertReq(true);

        List<ERSData> data = documents(folder, count);
        ERSArchiveTimeStampGenerator generator = new ERSArchiveTimeStampGenerator(sha256);
        generator.addAllData(data);
        TimeStampRequest request = generator.generateTimeStampRequest(requests);
        List<ERSArchiveTimeStamp> stamps = generator.generateArchiveTimeStamps(granted(responses, request, 10));
        List<ERSEvidenceRecord> records = new ERSEvidenceRecordGenerator(DIGESTS).generate(stamps);
        for (ERSEvidenceRecord record : records) {
            for (int number = 0; number < data.size(); number++) {
                if (record.isContaining(data.get(number), new Date())) {
                    write(folder, number, record, data.get(number), requests, responses, sha512);
                }
            }
        }
        return "ok " + records.size();
    }

    private static List<ERSData> documents(Path folder, int count) throws Exception {
        List<ERSData> data = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            byte[] bytes = ("document " + number).getBytes(StandardCharsets.UTF_8);
            Files.write(folder.resolve("doc_" + number + ".bin"), bytes);
            data.add(new ERSByteData(bytes));
        }
        List<ERSData> group = new ArrayList<>();
        for (int part = 0; part < 3; part++) {
            byte[] bytes = ("part " + part).getBytes(StandardCharsets.UTF_8);
            Files.write(folder.resolve("group_" + part + ".bin"), bytes);
            group.add(new ERSByteData(bytes));
        }
        data.add(new ERSDataGroup(group));
        return data;
    }

    private static void write(
        Path folder, int number, ERSEvidenceRecord record, ERSData data, TimeStampRequestGenerator requests,
        TimeStampResponseGenerator responses, DigestCalculator sha512) throws Exception {
        Files.write(folder.resolve("bc1_" + number + ".der"), record.getEncoded());
        TimeStampRequest second = record.generateTimeStampRenewalRequest(requests);
        ERSEvidenceRecord renewed = record.renewTimeStamp(granted(responses, second, 20));
        Files.write(folder.resolve("bc2_" + number + ".der"), renewed.getEncoded());
        TimeStampRequest third = renewed.generateHashRenewalRequest(sha512, data, requests);
        ERSEvidenceRecord rehashed = renewed.renewHash(sha512, data, granted(responses, third, 30));
        Files.write(folder.resolve("bc3_" + number + ".der"), rehashed.getEncoded());
    }

    private static TimeStampResponse granted(TimeStampResponseGenerator responses, TimeStampRequest request, int serial)
        throws Exception {
        return new TimeStampResponse(
            responses.generateGrantedResponse(request, BigInteger.valueOf(serial), new Date()).getEncoded());
    }
}
