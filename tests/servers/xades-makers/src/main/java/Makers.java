import eu.europa.esig.dss.enumerations.*;
import eu.europa.esig.dss.model.*;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.*;
import eu.europa.esig.dss.spi.x509.revocation.crl.ExternalResourcesCRLSource;
import eu.europa.esig.dss.spi.x509.tsp.KeyEntityTSPSource;
import eu.europa.esig.dss.token.*;
import eu.europa.esig.dss.xades.XAdESSignatureParameters;
import eu.europa.esig.dss.xades.signature.XAdESService;
import java.io.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.util.*;

/** Makes XAdES signatures with EU DSS and Office signatures with Apache POI from the keys in a folder. */
public class Makers {
    static Path keys, out;
    static KeyStore.PasswordProtection password() { return new KeyStore.PasswordProtection("x".toCharArray()); }

    static CertificateToken certificate(String name) { return DSSUtils.loadCertificate(keys.resolve(name).toFile()); }

    static CommonCertificateVerifier verifier() {
        CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
        trusted.addCertificate(certificate("root.der"));
        CommonCertificateSource known = new CommonCertificateSource();
        known.addCertificate(certificate("issuing.der"));
        known.addCertificate(certificate("stamping.der"));
        CommonCertificateVerifier verifier = new CommonCertificateVerifier();
        verifier.setTrustedCertSources(trusted);
        verifier.setAdjunctCertSources(known);
        verifier.setAIASource(null);
        verifier.setOcspSource(null);
        verifier.setCrlSource(new ExternalResourcesCRLSource(
            new ByteArrayInputStream(bytes("crl0.crl")), new ByteArrayInputStream(bytes("crl1.crl")), new ByteArrayInputStream(bytes("crl2.crl"))));
        verifier.setRevocationFallback(true);
        return verifier;
    }

    static byte[] bytes(String name) {
        try { return Files.readAllBytes(keys.resolve(name)); } catch (IOException error) { throw new UncheckedIOException(error); }
    }

    static KeyEntityTSPSource stamper() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new ByteArrayInputStream(bytes("stamper.p12")), "x".toCharArray());
        KeyEntityTSPSource source = new KeyEntityTSPSource(store, "stamper", "x".toCharArray());
        source.setTsaPolicy("1.2.3.4");
        return source;
    }

    static void xades(String name, byte[] content, SignatureLevel level, SignaturePackaging packaging, java.util.function.Consumer<XAdESSignatureParameters> more) throws Exception {
        try (Pkcs12SignatureToken token = new Pkcs12SignatureToken(keys.resolve("leader.p12").toFile(), password())) {
            DSSPrivateKeyEntry entry = token.getKeys().get(0);
            XAdESSignatureParameters parameters = new XAdESSignatureParameters();
            parameters.setSignatureLevel(level);
            parameters.setSignaturePackaging(packaging);
            parameters.setDigestAlgorithm(DigestAlgorithm.SHA256);
            parameters.setSigningCertificate(entry.getCertificate());
            parameters.setCertificateChain(entry.getCertificateChain());
            parameters.bLevel().setSigningDate(new Date());
            more.accept(parameters);
            XAdESService service = new XAdESService(verifier());
            service.setTspSource(stamper());
            DSSDocument document = new InMemoryDocument(content, "van-ban.xml");
            ToBeSigned toBeSigned = service.getDataToSign(document, parameters);
            eu.europa.esig.dss.model.SignatureValue value = token.sign(toBeSigned, parameters.getSignatureAlgorithm(), entry);
            DSSDocument signed = service.signDocument(document, parameters, value);
            signed.save(out.resolve(name).toString());
        }
    }

    static void office(String name, byte[] content) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new ByteArrayInputStream(bytes("leader.p12")), "x".toCharArray());
        List<X509Certificate> chain = new ArrayList<>();
        for (java.security.cert.Certificate c : store.getCertificateChain("leader")) chain.add((X509Certificate) c);
        org.apache.poi.poifs.crypt.dsig.SignatureConfig config = new org.apache.poi.poifs.crypt.dsig.SignatureConfig();
        config.setKey((PrivateKey) store.getKey("leader", "x".toCharArray()));
        config.setSigningCertificateChain(chain);
        config.setDigestAlgo(org.apache.poi.poifs.crypt.HashAlgorithm.sha256);
        config.setExecutionTime(new Date());
        config.setSignatureDescription("Phê duyệt");
        Path file = out.resolve(name);
        Files.write(file, content);
        try (org.apache.poi.openxml4j.opc.OPCPackage opc = org.apache.poi.openxml4j.opc.OPCPackage.open(file.toFile(), org.apache.poi.openxml4j.opc.PackageAccess.READ_WRITE)) {
            org.apache.poi.poifs.crypt.dsig.SignatureInfo info = new org.apache.poi.poifs.crypt.dsig.SignatureInfo();
            info.setOpcPackage(opc);
            info.setSignatureConfig(config);
            info.confirmSignature();
            System.out.println(name + " by its maker: " + info.verifySignature());
        }
    }

    public static void main(String[] arguments) throws Exception {
        keys = Path.of(arguments[0]);
        out = Path.of(arguments[1]);
        byte[] text = Files.readAllBytes(Path.of(arguments[2]));
        for (SignatureLevel level : List.of(SignatureLevel.XAdES_BASELINE_B, SignatureLevel.XAdES_BASELINE_T, SignatureLevel.XAdES_BASELINE_LT, SignatureLevel.XAdES_BASELINE_LTA))
            for (SignaturePackaging packaging : List.of(SignaturePackaging.ENVELOPED, SignaturePackaging.ENVELOPING, SignaturePackaging.DETACHED, SignaturePackaging.INTERNALLY_DETACHED)) {
                if (packaging != SignaturePackaging.ENVELOPED && (level == SignatureLevel.XAdES_BASELINE_T || level == SignatureLevel.XAdES_BASELINE_LT)) continue;
                byte[] used = packaging == SignaturePackaging.INTERNALLY_DETACHED ? new String(text, "UTF-8").replace("<vanBan ", "<vanBan Id=\"vb\" ").getBytes("UTF-8") : text;
                xades("dss-" + level.name().substring(15).toLowerCase() + "-" + packaging.name().toLowerCase() + ".xml", used, level, packaging, p -> { });
            }
        xades("dss-b-c14n11-sha512.xml", text, SignatureLevel.XAdES_BASELINE_B, SignaturePackaging.ENVELOPED, p -> {
            p.setDigestAlgorithm(DigestAlgorithm.SHA512);
            p.setSignedInfoCanonicalizationMethod("http://www.w3.org/2006/12/xml-c14n11");
            p.setSignedPropertiesCanonicalizationMethod("http://www.w3.org/TR/2001/REC-xml-c14n-20010315");
        });
        xades("dss-b-pss.xml", text, SignatureLevel.XAdES_BASELINE_B, SignaturePackaging.ENVELOPED, p -> p.setEncryptionAlgorithm(EncryptionAlgorithm.RSASSA_PSS));
        xades("dss-lta-embedded.xml", text, SignatureLevel.XAdES_BASELINE_LTA, SignaturePackaging.ENVELOPING, p -> p.setEmbedXML(true));
        office("poi.docx", Files.readAllBytes(Path.of(arguments[3])));
        office("poi.xlsx", Files.readAllBytes(Path.of(arguments[4])));
    }
}
