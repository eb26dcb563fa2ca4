package io.inmesh.examples.echo;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who this server is and who calls it.
 *
 * @param currentPeer SPIFFE ID of the current request's caller
 */
record ServerIdentity(
    String service, String version, String host, Supplier<@Nullable String> currentPeer) {
  @Nullable String peer() {
    return currentPeer.get();
  }
}
