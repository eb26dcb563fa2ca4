package io.inmesh.grpc;

import io.grpc.Metadata;
import io.inmesh.call.Headers;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * {@link Metadata} as the engine sees it. Binary fields ({@code -bin}) appear as base64, as on the
 * wire. Names that gRPC does not allow are never there and cannot be set.
 */
class MetadataHeaders implements Headers {
  /** Keys are costly to make; the names in use are few. */
  private static final ConcurrentHashMap<String, Metadata.Key<?>> KEYS = new ConcurrentHashMap<>();

  private static final int MAX_KEYS = 2048;

  private Metadata metadata;

  MetadataHeaders(Metadata metadata) {
    this.metadata = metadata;
  }

  final Metadata metadata() {
    return metadata;
  }

  final void metadata(Metadata replacement) {
    metadata = replacement;
  }

  @Override
  public final @Nullable String get(String name) {
    Metadata.Key<?> key = key(name);
    if (key == null) {
      return null;
    }
    // Metadata.get gives the last value; the contract asks for the first.
    Iterable<?> values = metadata.getAll(key);
    return values == null ? null : text(values.iterator().next());
  }

  @Override
  public final List<String> all(String name) {
    Metadata.Key<?> key = key(name);
    Iterable<?> values = key == null ? null : metadata.getAll(key);
    if (values == null) {
      return List.of();
    }
    List<String> all = new ArrayList<>(2);
    for (Object value : values) {
      all.add(text(value));
    }
    return all;
  }

  @Override
  public final void set(String name, String value) {
    remove(name);
    add(name, value);
  }

  @Override
  @SuppressWarnings("unchecked") // key() makes binary keys for binary names only
  public final void add(String name, String value) {
    Metadata.Key<?> key = key(name);
    if (key == null) {
      return;
    }
    if (binary(name)) {
      metadata.put((Metadata.Key<byte[]>) key, Base64.getDecoder().decode(value));
    } else {
      metadata.put((Metadata.Key<String>) key, value);
    }
  }

  @Override
  public final void remove(String name) {
    Metadata.Key<?> key = key(name);
    if (key != null) {
      metadata.discardAll(key);
    }
  }

  @Override
  public final void forEach(Visitor visitor) {
    for (String name : metadata.keys()) {
      for (String value : all(name)) {
        visitor.field(name, value);
      }
    }
  }

  private static Metadata.@Nullable Key<?> key(String name) {
    Metadata.Key<?> key = KEYS.get(name);
    return key != null ? key : newKey(name);
  }

  private static Metadata.@Nullable Key<?> newKey(String name) {
    Metadata.Key<?> key;
    try {
      key =
          binary(name)
              ? Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER)
              : Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    } catch (IllegalArgumentException e) {
      return null;
    }
    if (KEYS.size() < MAX_KEYS) {
      KEYS.put(name, key);
    }
    return key;
  }

  private static boolean binary(String name) {
    return name.endsWith(Metadata.BINARY_HEADER_SUFFIX);
  }

  private static String text(Object value) {
    return value instanceof byte[] bytes
        ? Base64.getEncoder().encodeToString(bytes)
        : String.valueOf(value);
  }
}
