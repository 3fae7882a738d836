import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.roda_project.commons_ip.utils.METSEnums.CreatorType;
import org.roda_project.commons_ip2.model.IPAgent;
import org.roda_project.commons_ip2.model.IPAgentNoteTypeEnum;
import org.roda_project.commons_ip2.model.IPContentInformationType;
import org.roda_project.commons_ip2.model.IPContentType;
import org.roda_project.commons_ip2.model.IPDescriptiveMetadata;
import org.roda_project.commons_ip2.model.IPFile;
import org.roda_project.commons_ip2.model.IPRepresentation;
import org.roda_project.commons_ip2.model.MetadataType;
import org.roda_project.commons_ip2.model.MetadataType.MetadataTypeEnum;
import org.roda_project.commons_ip2.model.SIP;
import org.roda_project.commons_ip2.model.impl.eark.EARKSIP;
import org.roda_project.commons_ip2.model.impl.eark.out.writers.factory.FolderWriteStrategyFactory;
import org.roda_project.commons_ip2.model.impl.eark.out.writers.factory.ZipWriteStrategyFactory;

/**
 * Makes an E-ARK SIP with commons-ip2, as its users do, and prints its path.
 *
 * java -cp 'target/classes:target/lib/*' Maker VERSION zip|folder MDTYPE TARGET OBJID MATERIAL
 * MATERIAL holds `descriptive/` (files for the package) and one folder a representation (`rep1/` …) with its files.
 */
public final class Maker {
  public static void main(String[] args) throws Exception {
    System.setProperty("logback.configurationFile", "judge-logback.xml");
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(System.err);
    String version = args[0];
    Path target = Path.of(args[3]), material = Path.of(args[5]);
    SIP sip = new EARKSIP(args[4], IPContentType.getMIXED(), IPContentInformationType.getMIXED(), version);
    sip.addCreatorSoftwareAgent("commons-ip2", "2.10.0");
    sip.addAgent(new IPAgent("Sở Nội vụ", "CREATOR", null, CreatorType.ORGANIZATION, null, "H49.64", IPAgentNoteTypeEnum.IDENTIFICATIONCODE));
    for (Path file : listed(material.resolve("descriptive")))
      sip.addDescriptiveMetadata(new IPDescriptiveMetadata(new IPFile(file), new MetadataType(MetadataTypeEnum.valueOf(args[2])), null));
    for (Path folder : listed(material)) {
      if (folder.endsWith("descriptive")) continue;
      IPRepresentation representation = new IPRepresentation(folder.getFileName().toString());
      sip.addRepresentation(representation);
      for (Path file : listed(folder)) representation.addFile(file, List.of());
    }
    boolean zip = args[1].equals("zip");
    out.println(sip.build((zip ? new ZipWriteStrategyFactory() : new FolderWriteStrategyFactory()).create(target)));
  }

  private static List<Path> listed(Path folder) throws Exception {
    if (!Files.isDirectory(folder)) return List.of();
    try (Stream<Path> found = Files.list(folder)) {
      return found.sorted(Comparator.naturalOrder()).toList();
    }
  }
}
