package io.inmesh.server.compile;

import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;

/** What distinguishes two sets of resources. */
final class Difference {
  private Difference() {}

  static CompileUpdate between(SortedMap<XdsKey, Message> before, SortedMap<XdsKey, Message> now) {
    List<XdsResource> changed = new ArrayList<>();
    now.forEach(
        (key, message) -> {
          Message old = before.get(key);
          if (old != message && !message.equals(old)) {
            changed.add(new XdsResource(key, message));
          }
        });
    List<XdsKey> removed = new ArrayList<>();
    for (XdsKey key : before.keySet()) {
      if (!now.containsKey(key)) {
        removed.add(key);
      }
    }
    Collections.reverse(removed);
    return new CompileUpdate(changed, removed);
  }
}
