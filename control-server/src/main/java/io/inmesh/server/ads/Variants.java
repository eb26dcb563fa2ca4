package io.inmesh.server.ads;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One name's content in each view that has its own. Immutable, never empty. */
record Variants(Map<String, EncodedResource> byView) {
  static Variants of(String view, EncodedResource resource) {
    return new Variants(Map.of(view, resource));
  }

  /** The content for a client: that of the first of its views that has any. */
  @Nullable EncodedResource resolve(List<String> views) {
    for (int i = 0; i < views.size(); i++) {
      EncodedResource resource = byView.get(views.get(i));
      if (resource != null) {
        return resource;
      }
    }
    return null;
  }

  Variants with(String view, EncodedResource resource) {
    Map<String, EncodedResource> copy = new HashMap<>(byView);
    copy.put(view, resource);
    return new Variants(Map.copyOf(copy));
  }

  /** Without a view; nothing if that was the last one. */
  @Nullable Variants without(String view) {
    Map<String, EncodedResource> copy = new HashMap<>(byView);
    copy.remove(view);
    return copy.isEmpty() ? null : new Variants(Map.copyOf(copy));
  }
}
