package io.inmesh.server.compile;

import java.util.List;

/**
 * What a change of configuration or registry means for clients.
 *
 * @param changed resources that are new or no longer the same, in the order of their keys: those a
 *     client must see first come first
 * @param removed what is gone, in the opposite order
 */
public record CompileUpdate(List<XdsResource> changed, List<XdsKey> removed) {
  /** Nothing changes. */
  public static final CompileUpdate NONE = new CompileUpdate(List.of(), List.of());

  /** Copies the lists. */
  public CompileUpdate {
    changed = List.copyOf(changed);
    removed = List.copyOf(removed);
  }

  /** Whether nothing changes. */
  public boolean isEmpty() {
    return changed.isEmpty() && removed.isEmpty();
  }
}
