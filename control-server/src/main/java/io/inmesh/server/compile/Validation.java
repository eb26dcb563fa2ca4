package io.inmesh.server.compile;

import io.inmesh.server.config.ConfigLoader;
import io.inmesh.server.config.ConfigUpdate;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What there is to say about a configuration that nobody serves.
 *
 * @param objects how many are valid
 * @param findings in order of their place
 */
public record Validation(int objects, List<Finding> findings) {
  /** Copies the list. */
  public Validation {
    findings = List.copyOf(findings);
  }

  /** Reads and compiles a directory. */
  public static Validation of(Path directory) {
    ConfigUpdate loaded = ConfigLoader.load(directory);
    List<Finding> findings = new ArrayList<>(loaded.findings());
    MeshCompiler compiler = new MeshCompiler();
    var unused = compiler.configChanged(loaded.set());
    for (Finding finding : compiler.findings()) {
      // Nothing has registered here, so a selector without instances means nothing.
      if (finding.code() != FindingCode.SELECTS_NOTHING) {
        findings.add(finding);
      }
    }
    findings.sort(Finding.ORDER);
    return new Validation(loaded.set().all().size(), findings);
  }
}
