package io.inmesh.server.config;

/**
 * Where a value was written. Two values that differ only here are the same configuration.
 *
 * @param file path relative to the configuration directory, with {@code /}; empty if unknown
 * @param line from 1; 0 if unknown
 * @param column from 1; 0 if unknown
 */
public record Provenance(String file, int line, int column) implements Comparable<Provenance> {

  /** Nowhere in a file, for example a default. */
  public static final Provenance UNKNOWN = new Provenance("", 0, 0);

  /** By file name, then position: the order that decides which of two duplicates stays. */
  @Override
  public int compareTo(Provenance other) {
    int byFile = file.compareTo(other.file);
    if (byFile != 0) {
      return byFile;
    }
    int byLine = Integer.compare(line, other.line);
    return byLine != 0 ? byLine : Integer.compare(column, other.column);
  }

  /** {@code file:line:column}. */
  @Override
  public String toString() {
    return line == 0 ? file : file + ":" + line + ":" + column;
  }
}
