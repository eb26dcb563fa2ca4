package io.inmesh.server.ads;

import com.google.protobuf.Any;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * One resource, encoded once per change and shared by all streams: the {@code Any}, and before it
 * either what makes it an element of {@code DiscoveryResponse.resources} or the head of a delta
 * {@code Resource}. Immutable; the arrays must not be written to.
 */
final class EncodedResource {
  private static final int RESOURCES_FIELD = 2;
  private static final byte[] NOTHING = {};

  /** The client was told, or knows, that there is no such resource. */
  static final EncodedResource ABSENT = new EncodedResource("ABSENT");

  /** The client may hold anything under this name; whatever is true must be said again. */
  static final EncodedResource UNKNOWN = new EncodedResource("UNKNOWN");

  private final String name;
  private final ContentHash hash;
  private final String version;
  private final byte[] any;
  private final byte[] sotwPrefix;
  private final byte[] deltaPrefix;

  private EncodedResource(String sentinel) {
    this.name = sentinel;
    this.hash = ContentHash.ZERO;
    this.version = "";
    this.any = NOTHING;
    this.sotwPrefix = NOTHING;
    this.deltaPrefix = NOTHING;
  }

  private EncodedResource(String name, ContentHash hash, byte[] any) throws IOException {
    this.name = name;
    this.hash = hash;
    this.version = hash.hex();
    this.any = any;
    this.sotwPrefix = sotwPrefix(any.length);
    this.deltaPrefix = deltaPrefix(name, version, any.length);
  }

  static EncodedResource encode(String typeUrl, String name, byte[] value) {
    try {
      int size =
          CodedOutputStream.computeStringSize(Any.TYPE_URL_FIELD_NUMBER, typeUrl)
              + CodedOutputStream.computeByteArraySize(Any.VALUE_FIELD_NUMBER, value);
      byte[] any = new byte[size];
      CodedOutputStream out = CodedOutputStream.newInstance(any);
      out.writeString(Any.TYPE_URL_FIELD_NUMBER, typeUrl);
      out.writeByteArray(Any.VALUE_FIELD_NUMBER, value);
      out.checkNoSpaceLeft();
      return new EncodedResource(name, ContentHash.of(typeUrl, name, value), any);
    } catch (IOException e) {
      throw new UncheckedIOException("an array of the computed size was too small", e);
    }
  }

  private static byte[] sotwPrefix(int anySize) throws IOException {
    byte[] prefix =
        new byte
            [CodedOutputStream.computeTagSize(RESOURCES_FIELD)
                + CodedOutputStream.computeUInt32SizeNoTag(anySize)];
    CodedOutputStream out = CodedOutputStream.newInstance(prefix);
    out.writeTag(RESOURCES_FIELD, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    out.writeUInt32NoTag(anySize);
    out.checkNoSpaceLeft();
    return prefix;
  }

  /** Everything of a delta {@code Resource} but the bytes of its {@code resource} field. */
  private static byte[] deltaPrefix(String name, String version, int anySize) throws IOException {
    int head =
        CodedOutputStream.computeStringSize(WireFields.RESOURCE_VERSION, version)
            + CodedOutputStream.computeStringSize(WireFields.RESOURCE_NAME, name)
            + CodedOutputStream.computeTagSize(WireFields.RESOURCE_BODY)
            + CodedOutputStream.computeUInt32SizeNoTag(anySize);
    int total = head + anySize;
    byte[] prefix =
        new byte
            [CodedOutputStream.computeTagSize(RESOURCES_FIELD)
                + CodedOutputStream.computeUInt32SizeNoTag(total)
                + head];
    CodedOutputStream out = CodedOutputStream.newInstance(prefix);
    out.writeTag(RESOURCES_FIELD, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    out.writeUInt32NoTag(total);
    out.writeString(WireFields.RESOURCE_VERSION, version);
    out.writeString(WireFields.RESOURCE_NAME, name);
    out.writeTag(WireFields.RESOURCE_BODY, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    out.writeUInt32NoTag(anySize);
    out.checkNoSpaceLeft();
    return prefix;
  }

  String name() {
    return name;
  }

  ContentHash hash() {
    return hash;
  }

  /** The version of this one resource, as delta responses state it. */
  String version() {
    return version;
  }

  byte[] any() {
    return any;
  }

  byte[] sotwPrefix() {
    return sotwPrefix;
  }

  byte[] deltaPrefix() {
    return deltaPrefix;
  }

  boolean isSentinel() {
    return any.length == 0;
  }

  /** Whether a client that holds the other one needs nothing to hold this one. */
  boolean same(EncodedResource other) {
    return this == other || (!isSentinel() && !other.isSentinel() && hash.equals(other.hash));
  }

  Any decode() {
    try {
      return Any.parseFrom(any);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("bytes of our own making do not parse: " + name, e);
    }
  }

  @Override
  public String toString() {
    return isSentinel() ? name : name + "@" + version;
  }
}
