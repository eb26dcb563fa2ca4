package io.inmesh.server.ads;

/** Field numbers of {@code envoy.service.discovery.v3} that are written by hand. */
final class WireFields {
  static final int RESOURCE_VERSION = 1;
  static final int RESOURCE_BODY = 2;
  static final int RESOURCE_NAME = 3;

  static final int VERSION_INFO = 1;
  static final int TYPE_URL = 4;
  static final int NONCE = 5;
  static final int DELTA_REMOVED = 6;
  static final int SOTW_CONTROL_PLANE = 6;
  static final int SOTW_ERRORS = 7;
  static final int DELTA_CONTROL_PLANE = 7;

  private WireFields() {}
}
