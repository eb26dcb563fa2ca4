package io.inmesh.xds;

import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.Map;

/**
 * What is asked of generated classes, without the tables of accessors that protobuf makes of every
 * field by reflection when one is asked for its descriptor: most of them are never used, and making
 * them takes longer than decoding all that a process needs for its first call. Stateless.
 */
final class MessageTypes {
  /** Where generated classes live and what their packages are called in proto files. */
  private static final List<Map.Entry<String, String>> PACKAGES =
      List.of(
          Map.entry("io.envoyproxy.", ""),
          Map.entry("io.inmesh.wire.", "inmesh."),
          Map.entry("com.github.", ""),
          Map.entry("com.google.", "google."));

  private MessageTypes() {}

  /** The full name of a message, as in the URL of an {@link Any}. */
  static String name(Class<? extends Message> type) {
    String name = type.getName().replace('$', '.');
    for (Map.Entry<String, String> prefix : PACKAGES) {
      if (name.startsWith(prefix.getKey())) {
        return prefix.getValue() + name.substring(prefix.getKey().length());
      }
    }
    return name;
  }

  /** Whether a message of this type is inside. */
  static boolean is(Any any, Class<? extends Message> type) {
    String url = any.getTypeUrl();
    return url.substring(url.lastIndexOf('/') + 1).equals(name(type));
  }

  /**
   * The message inside.
   *
   * @throws InvalidProtocolBufferException if it is of another type, or none
   */
  static <M extends Message> M unpack(Any any, Class<M> type)
      throws InvalidProtocolBufferException {
    if (!is(any, type)) {
      throw new InvalidProtocolBufferException("it is a '" + any.getTypeUrl() + "'");
    }
    Message prototype = type.cast(ofClass(type, "getDefaultInstance", type));
    return type.cast(prototype.getParserForType().parseFrom(any.getValue()));
  }

  /** The fields of a message. */
  static Descriptor descriptor(Class<? extends Message> type) {
    return (Descriptor) ofClass(type, "getDescriptor", Descriptor.class);
  }

  /** By method handle: reflection would load the classes of all that a message has accessors of. */
  private static Object ofClass(Class<?> type, String method, Class<?> result) {
    try {
      return MethodHandles.publicLookup()
          .findStatic(type, method, MethodType.methodType(result))
          .invoke();
    } catch (Throwable e) {
      throw new IllegalStateException(type + " is no generated message", e);
    }
  }
}
