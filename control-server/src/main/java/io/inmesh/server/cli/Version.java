package io.inmesh.server.cli;

import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says. */
final class Version implements IVersionProvider {
  /** The version in the jar's manifest. */
  static String text() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  @Override
  public String[] getVersion() {
    return new String[] {"inmesh " + text() + " (Java " + Runtime.version().feature() + ")"};
  }
}
