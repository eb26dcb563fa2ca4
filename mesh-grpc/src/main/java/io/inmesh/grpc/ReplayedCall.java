package io.inmesh.grpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.inmesh.call.Admission;
import io.inmesh.call.StoredResponse;
import java.io.ByteArrayInputStream;
import java.util.List;
import java.util.Map;

/** Answers a request by the response that an earlier one with its idempotency key got. */
final class ReplayedCall {
  private static final String MESSAGE = "grpc-message";

  private ReplayedCall() {}

  static <RespT> void answer(ServerCall<?, RespT> call, Admission.Replayed replayed) {
    StoredResponse response = replayed.response();
    Status status = Status.fromCodeValue(response.grpcStatus());
    Metadata trailers = new Metadata();
    MetadataHeaders fields = new MetadataHeaders(trailers);
    for (Map.Entry<String, String> field : response.trailers()) {
      if (field.getKey().equals(MESSAGE)) {
        status = status.withDescription(field.getValue());
      } else {
        fields.add(field.getKey(), field.getValue());
      }
    }
    if (status.isOk() || !response.headers().isEmpty() || !response.parts().isEmpty()) {
      call.sendHeaders(metadata(response.headers()));
    }
    for (byte[] part : response.parts()) {
      call.sendMessage(call.getMethodDescriptor().parseResponse(new ByteArrayInputStream(part)));
    }
    call.close(status, trailers);
    replayed.call().finish(200, response.grpcStatus());
  }

  private static Metadata metadata(List<Map.Entry<String, String>> fields) {
    Metadata metadata = new Metadata();
    MetadataHeaders headers = new MetadataHeaders(metadata);
    fields.forEach(field -> headers.add(field.getKey(), field.getValue()));
    return metadata;
  }
}
