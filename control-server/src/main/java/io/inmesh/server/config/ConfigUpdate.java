package io.inmesh.server.config;

import java.util.List;

/**
 * What is in force after reading the configuration, and what there is to say about it.
 *
 * @param set the objects in force
 * @param findings ordered by file and position
 */
public record ConfigUpdate(ConfigSet set, List<Finding> findings) {

  /** Copies the findings. */
  public ConfigUpdate {
    findings = List.copyOf(findings);
  }

  /** Whether one of the findings is an error. */
  public boolean hasErrors() {
    return findings.stream().anyMatch(Finding::isError);
  }
}
