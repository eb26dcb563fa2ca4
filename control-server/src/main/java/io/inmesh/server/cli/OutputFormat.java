package io.inmesh.server.cli;

/** How tables are printed. */
enum OutputFormat {
  /** Columns for people. */
  TABLE,
  /** What the admin port answered. */
  JSON
}
