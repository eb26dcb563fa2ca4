package io.inmesh.server.ads;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a client was told about each name of one type, and the version of that set: the sum of the
 * content hashes, which does not depend on order and is kept up to date in constant time. Confined
 * to the stream.
 */
final class SentResources {
  private final Map<String, EncodedResource> byName = new HashMap<>();
  private long high;
  private long low;

  @Nullable EncodedResource get(String name) {
    return byName.get(name);
  }

  void put(String name, EncodedResource resource) {
    subtract(byName.put(resource.isSentinel() ? name : resource.name(), resource));
    high += resource.hash().high();
    low += resource.hash().low();
  }

  void remove(String name) {
    subtract(byName.remove(name));
  }

  private void subtract(@Nullable EncodedResource resource) {
    if (resource != null) {
      high -= resource.hash().high();
      low -= resource.hash().low();
    }
  }

  Set<String> names() {
    return byName.keySet();
  }

  Iterable<EncodedResource> resources() {
    return byName.values();
  }

  String version() {
    return ContentHash.hex(high, low);
  }
}
