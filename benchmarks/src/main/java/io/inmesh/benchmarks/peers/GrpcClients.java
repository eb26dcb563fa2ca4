package io.inmesh.benchmarks.peers;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.inmesh.Mesh;
import io.inmesh.benchmarks.load.Client;
import io.inmesh.benchmarks.load.Client.Feature;
import io.inmesh.grpc.MeshChannels;
import java.io.IOException;

/** The peers that are a grpc-java channel. */
public final class GrpcClients {
  private GrpcClients() {}

  /** {@code mesh:///} in a real mesh. */
  public static final class InMesh implements Client.Factory {
    @Override
    public Client create(Client.Settings settings) throws Exception {
      Mesh mesh = Meshes.join("web", settings);
      return new Caller(MeshChannels.forTarget(mesh, "mesh:///" + settings.target()), settings);
    }
  }

  /** A plain channel with gRPC's own round robin. */
  public static final class RoundRobin implements Client.Factory {
    @Override
    public Client create(Client.Settings settings) throws IOException {
      ManagedChannel channel =
          NettyChannelBuilder.forTarget("dns:///" + settings.target(), credentials(settings))
              .defaultLoadBalancingPolicy("round_robin")
              .build();
      return new Caller(channel, settings);
    }

    private static ChannelCredentials credentials(Client.Settings settings) throws IOException {
      String own = settings.credentials();
      return settings.has(Feature.TLS)
          ? TlsChannelCredentials.newBuilder()
              .keyManager(Credentials.file(own, "cert.pem"), Credentials.file(own, "key.pem"))
              .trustManager(Credentials.file(own, "root.pem"))
              .build()
          : InsecureChannelCredentials.create();
    }
  }

  /** The same channel, to a proxy that goes by the authority. */
  public static final class ThroughProxy implements Client.Factory {
    @Override
    public Client create(Client.Settings settings) {
      ManagedChannel channel =
          NettyChannelBuilder.forTarget("dns:///" + settings.target())
              .overrideAuthority("orders")
              .defaultLoadBalancingPolicy("round_robin")
              .usePlaintext()
              .build();
      return new Caller(channel, settings);
    }
  }

  /** Stock {@code xds:///}; the bootstrap comes from the environment. */
  public static final class StockXds implements Client.Factory {
    @Override
    public Client create(Client.Settings settings) {
      ManagedChannel channel =
          Grpc.newChannelBuilder("xds:///" + settings.target(), InsecureChannelCredentials.create())
              .build();
      return new Caller(channel, settings);
    }
  }

  /** Calls the benchmark's method. */
  private static final class Caller implements Client {
    private static final MethodDescriptor<byte[], byte[]> METHOD = Bytes.ECHO;
    private static final byte[] NOTHING = new byte[0];

    private final Channel channel;

    Caller(Channel channel, Settings settings) {
      this.channel =
          settings.bearer().isEmpty()
              ? channel
              : ClientInterceptors.intercept(channel, bearer(settings.bearer()));
    }

    private static ClientInterceptor bearer(String token) {
      Metadata headers = new Metadata();
      headers.put(
          Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
      return MetadataUtils.newAttachHeadersInterceptor(headers);
    }

    @Override
    public void send(Completion completion) {
      ClientCalls.asyncUnaryCall(
          channel.newCall(METHOD, CallOptions.DEFAULT), NOTHING, new Ending(completion));
    }

    @Override
    public void close() {}
  }

  private record Ending(Client.Completion completion) implements StreamObserver<byte[]> {
    @Override
    public void onNext(byte[] value) {}

    @Override
    public void onError(Throwable failure) {
      completion.failed(failure);
    }

    @Override
    public void onCompleted() {
      completion.done(true);
    }
  }
}
