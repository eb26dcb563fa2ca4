package io.inmesh.interop;

import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** grpc-java: makes as many calls as each line of standard input says, and prints the answers. */
final class OldGrpcJava {
  private OldGrpcJava() {}

  /** The target. */
  public static void main(String[] arguments) throws IOException {
    ManagedChannel channel =
        Grpc.newChannelBuilder(arguments[0], InsecureChannelCredentials.create()).build();
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String line;
    while ((line = in.readLine()) != null) {
      List<String> answers = new ArrayList<>();
      for (int i = Integer.parseInt(line); i > 0; i--) {
        answers.add(call(channel));
      }
      System.out.println(String.join(",", answers));
    }
    channel.shutdownNow();
  }

  private static String call(ManagedChannel channel) {
    try {
      return ClientCalls.blockingUnaryCall(
          channel,
          Backend.method("test.Echo/Get"),
          CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS),
          "");
    } catch (StatusRuntimeException e) {
      // Answers are told apart by commas.
      return "!" + e.getStatus().toString().replace(',', ';');
    }
  }
}
