package io.inmesh.server.ads;

/** What a client subscribes to: a name within a type. */
record ResourceName(String typeUrl, String name) {
  /** What stands for all names where a client subscribes. */
  static final String WILDCARD = "*";

  /** All of a type. */
  static ResourceName all(String typeUrl) {
    return new ResourceName(typeUrl, WILDCARD);
  }
}
