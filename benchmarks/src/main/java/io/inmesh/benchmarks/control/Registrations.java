package io.inmesh.benchmarks.control;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.inmesh.wire.registration.v1.Deregister;
import io.inmesh.wire.registration.v1.Instance;
import io.inmesh.wire.registration.v1.Port;
import io.inmesh.wire.registration.v1.RegisterRequest;
import io.inmesh.wire.registration.v1.RegisterResponse;
import io.inmesh.wire.registration.v1.RegistryGrpc;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;

/**
 * Instances that are registered, each by a stream of its own, which is its lease; all over one
 * connection. Confined to one thread.
 */
final class Registrations implements AutoCloseable {
  /** One of them. */
  record Held(int number, int service, StreamObserver<RegisterRequest> stream) {
    String address() {
      return Registrations.address(number);
    }
  }

  private final Deque<Held> open = new ArrayDeque<>();
  private ManagedChannel channel;
  private int registered;

  Registrations(InetSocketAddress server) {
    channel = NettyChannelBuilder.forAddress(server).usePlaintext().build();
  }

  private static String address(int number) {
    return "10.200." + (number >> 8) + "." + (number & 255);
  }

  /** The address that {@link #add} will register. */
  String next() {
    return address(registered);
  }

  /** One more instance of a service. */
  void add(int service) {
    open.add(register(registered++, service));
  }

  Held oldest() {
    return open.getFirst();
  }

  /** Takes the oldest out of the mesh. */
  void removeOldest() {
    StreamObserver<RegisterRequest> stream = open.removeFirst().stream();
    stream.onNext(
        RegisterRequest.newBuilder().setDeregister(Deregister.getDefaultInstance()).build());
    stream.onCompleted();
  }

  Collection<Held> all() {
    return List.copyOf(open);
  }

  /** Registers all again, as their processes do when a control server comes back. */
  void resume(InetSocketAddress server) {
    channel.shutdownNow();
    channel = NettyChannelBuilder.forAddress(server).usePlaintext().build();
    List<Held> before = new ArrayList<>(open);
    open.clear();
    before.forEach(held -> open.add(register(held.number(), held.service())));
  }

  private Held register(int number, int service) {
    StreamObserver<RegisterRequest> stream = RegistryGrpc.newStub(channel).register(new Ignoring());
    stream.onNext(
        RegisterRequest.newBuilder()
            .setRegister(
                Instance.newBuilder()
                    .setId("i" + number)
                    .setService("service" + service)
                    .setAddress(address(number))
                    .addPorts(Port.newBuilder().setName("http").setInstancePort(8080)))
            .build());
    return new Held(number, service, stream);
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }

  /** Registration answers are not what is measured. */
  private static final class Ignoring implements StreamObserver<RegisterResponse> {
    @Override
    public void onNext(RegisterResponse value) {}

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }
}
