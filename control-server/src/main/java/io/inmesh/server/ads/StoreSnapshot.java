package io.inmesh.server.ads;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything in the store at one revision. Immutable: a stream that pins it sees all types at the
 * same point.
 *
 * @param revision grows with every publication that changed something
 */
record StoreSnapshot(long revision, Map<String, ResourceTable> tables) {
  static final StoreSnapshot EMPTY = new StoreSnapshot(0, Map.of());

  ResourceTable table(String typeUrl) {
    return tables.getOrDefault(typeUrl, ResourceTable.EMPTY);
  }

  @Nullable EncodedResource find(String typeUrl, String name, List<String> views) {
    ResourceTable table = tables.get(typeUrl);
    return table == null ? null : table.find(name, views);
  }
}
