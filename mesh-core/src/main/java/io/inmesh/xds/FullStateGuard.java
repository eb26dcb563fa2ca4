package io.inmesh.xds;

import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Keeps one unreadable resource from deleting the others. In a response that is the full state,
 * what is missing is deleted; a resource whose bytes cannot be read has no name and therefore seems
 * to be missing. Such a response is completed with what was last good, so that it is refused
 * without anything getting lost. Confined to one stream's callbacks.
 */
final class FullStateGuard {
  private final Map<String, Map<String, Any>> lastGood = new HashMap<>();
  private final Map<String, Message> prototypes = new HashMap<>();
  private final Map<String, ResourceKind<?>> kinds = new HashMap<>();

  FullStateGuard() {
    for (ResourceKind<?> kind : ResourceKind.ALL) {
      if (kind.fullState()) {
        kinds.put(kind.typeUrl(), kind);
        prototypes.put(kind.typeUrl(), kind.prototype());
      }
    }
  }

  /** The response itself, or one that is completed. */
  Message checked(Message response) {
    FieldDescriptor urlField = response.getDescriptorForType().findFieldByName("type_url");
    FieldDescriptor resources = response.getDescriptorForType().findFieldByName("resources");
    String url = (String) response.getField(urlField);
    ResourceKind<?> kind = kinds.get(url);
    Message prototype = prototypes.get(url);
    if (kind == null || prototype == null) {
      return response;
    }
    Map<String, Any> readable = new LinkedHashMap<>();
    boolean unreadable = false;
    for (Object entry : (List<?>) response.getField(resources)) {
      Any any = (Any) entry;
      try {
        readable.put(kind.nameOf(prototype.getParserForType().parseFrom(any.getValue())), any);
      } catch (InvalidProtocolBufferException e) {
        unreadable = true;
      }
    }
    if (!unreadable) {
      lastGood.put(url, readable);
      return response;
    }
    Message.Builder completed = response.toBuilder();
    Map<String, Any> known = new LinkedHashMap<>(lastGood.getOrDefault(url, Map.of()));
    known.keySet().removeAll(readable.keySet());
    known.values().forEach(any -> completed.addRepeatedField(resources, any));
    known.putAll(readable);
    lastGood.put(url, known);
    return completed.build();
  }
}
