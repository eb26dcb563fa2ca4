package io.inmesh.server.ads;

/** What a client is told of a name that does not exist. Thread-safe, quick: called for each. */
@FunctionalInterface
public interface Absence {
  /** Says no more than that. */
  Absence PLAIN =
      (typeUrl, name) -> TypeUrl.shortName(typeUrl) + " resource " + name + " not found";

  /** One line for people. */
  String describe(String typeUrl, String name);
}
