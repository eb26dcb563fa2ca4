package io.inmesh;

/** The version of this library, as it tells the control server. */
final class LibraryVersion {
  /** Major and minor decide about compatibility. */
  static final String VALUE = "0.1.0";

  private LibraryVersion() {}
}
