package io.inmesh.server.config;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gathers the findings about one object. Bounded; not thread-safe. */
final class Check {

  /** Findings kept for one object; the rest is only counted. */
  static final int MAX_FINDINGS = 100;

  private final String file;
  private final @Nullable Provenance fixed;
  private final List<Finding> findings = new ArrayList<>();
  private @Nullable ResourceKey key;
  private int errors;

  /**
   * For an object of this file.
   *
   * @param fixed where all its values are said to be, if their own positions mean nothing
   */
  Check(String file, @Nullable Provenance fixed) {
    this.file = file;
    this.fixed = fixed;
  }

  /** From here on findings name this object. */
  void name(ResourceKey named) {
    this.key = named;
  }

  /** How many errors were reported so far. */
  int errors() {
    return errors;
  }

  /** What was found, in the order found. */
  List<Finding> findings() {
    return List.copyOf(findings);
  }

  Provenance at(Node node) {
    return at(node.line(), node.column());
  }

  Provenance at(int line, int column) {
    return fixed != null ? fixed : new Provenance(file, line, column);
  }

  void report(FindingCode code, FieldPath path, Provenance at, String message) {
    report(code, path, at, message, "");
  }

  void report(FindingCode code, FieldPath path, Provenance at, String message, String hint) {
    report(code, code.level(), path, at, message, hint);
  }

  void report(
      FindingCode code,
      Finding.Level level,
      FieldPath path,
      Provenance at,
      String message,
      String hint) {
    add(new Finding(code, level, message, key, path.pointer(), at, hint));
  }

  void add(Finding finding) {
    if (finding.isError()) {
      errors++;
    }
    if (findings.size() < MAX_FINDINGS) {
      findings.add(finding);
    }
  }
}
