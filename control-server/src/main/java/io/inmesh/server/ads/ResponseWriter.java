package io.inmesh.server.ads;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.rpc.Code;
import com.google.rpc.Status;
import io.envoyproxy.envoy.config.core.v3.ControlPlane;
import io.envoyproxy.envoy.service.discovery.v3.ResourceError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts a response together from pre-encoded resources and a small head of its own. For one
 * response; not thread-safe.
 */
final class ResponseWriter {
  private final boolean delta;
  // The first place is the head's, which is written last.
  private final List<byte[]> segments = new ArrayList<>();
  private int size;

  ResponseWriter(boolean delta) {
    this.delta = delta;
    segments.add(new byte[0]);
  }

  void resource(EncodedResource resource) {
    append(delta ? resource.deltaPrefix() : resource.sotwPrefix());
    append(resource.any());
  }

  /** State of the world: says that a name that was asked for does not exist, and a word on that. */
  void notFound(String name, String message) {
    ResourceError error =
        ResourceError.newBuilder()
            .setResourceName(
                io.envoyproxy.envoy.service.discovery.v3.ResourceName.newBuilder().setName(name))
            .setErrorDetail(Status.newBuilder().setCode(Code.NOT_FOUND_VALUE).setMessage(message))
            .build();
    field(WireFields.SOTW_ERRORS, error.toByteString());
  }

  /** Incremental: says that a name does not exist, or not any more. */
  void removed(String name) {
    field(WireFields.DELTA_REMOVED, ByteString.copyFromUtf8(name));
  }

  private void field(int number, ByteString value) {
    byte[] bytes = new byte[CodedOutputStream.computeBytesSize(number, value)];
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      out.writeBytes(number, value);
      out.checkNoSpaceLeft();
    } catch (IOException e) {
      throw new UncheckedIOException("an array of the computed size was too small", e);
    }
    append(bytes);
  }

  private void append(byte[] bytes) {
    segments.add(bytes);
    size += bytes.length;
  }

  /** Bytes so far. */
  int size() {
    return size;
  }

  ResponseBytes finish(String typeUrl, String version, String nonce, ControlPlane controlPlane) {
    int controlPlaneField = delta ? WireFields.DELTA_CONTROL_PLANE : WireFields.SOTW_CONTROL_PLANE;
    boolean named = !controlPlane.getIdentifier().isEmpty();
    int length =
        CodedOutputStream.computeStringSize(WireFields.VERSION_INFO, version)
            + CodedOutputStream.computeStringSize(WireFields.TYPE_URL, typeUrl)
            + CodedOutputStream.computeStringSize(WireFields.NONCE, nonce)
            + (named ? CodedOutputStream.computeMessageSize(controlPlaneField, controlPlane) : 0);
    byte[] head = new byte[length];
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(head);
      out.writeString(WireFields.VERSION_INFO, version);
      out.writeString(WireFields.TYPE_URL, typeUrl);
      out.writeString(WireFields.NONCE, nonce);
      if (named) {
        out.writeMessage(controlPlaneField, controlPlane);
      }
      out.checkNoSpaceLeft();
    } catch (IOException e) {
      throw new UncheckedIOException("an array of the computed size was too small", e);
    }
    segments.set(0, head);
    size += length;
    return new ResponseBytes(segments, size);
  }
}
