package io.inmesh.server.registry;

import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.inmesh.wire.registration.v1.RegisterRequest;
import io.inmesh.wire.registration.v1.RegisterResponse;
import io.inmesh.wire.registration.v1.RegistryGrpc;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** {@code inmesh.registration.v1.Registry} over a {@link Registry}. Thread-safe. */
public final class RegistryService {
  private final Registry registry;
  private final PropagationGate gate;
  private final RegistrationPolicy policy;
  private final Set<RegistrationStream> streams = ConcurrentHashMap.newKeySet();

  /**
   * Creates the service.
   *
   * @param registry where instances go
   * @param gate tells when a drain has reached the clients
   * @param policy who may register what
   */
  public RegistryService(Registry registry, PropagationGate gate, RegistrationPolicy policy) {
    this.registry = registry;
    this.gate = gate;
    this.policy = policy;
  }

  /** What to add to a gRPC server. */
  public ServerServiceDefinition definition() {
    RegistryGrpc.AsyncService service =
        new RegistryGrpc.AsyncService() {
          @Override
          public StreamObserver<RegisterRequest> register(StreamObserver<RegisterResponse> out) {
            return open((ServerCallStreamObserver<RegisterResponse>) out);
          }
        };
    return ServerInterceptors.intercept(RegistryGrpc.bindService(service), new RemoteAddress());
  }

  private StreamObserver<RegisterRequest> open(ServerCallStreamObserver<RegisterResponse> out) {
    RegistrationStream stream =
        new RegistrationStream(
            registry, gate, policy, out, RemoteAddress.current(), streams::remove);
    streams.add(stream);
    stream.begin();
    return stream;
  }

  /** How many registration streams are open. */
  public int streamCount() {
    return streams.size();
  }

  /**
   * Closes all streams for a planned stop, spread over a time; the instances stay registered and
   * their processes connect again.
   */
  public void closeStreams(Duration spread) {
    int count = streams.size();
    int i = 0;
    for (RegistrationStream stream : streams) {
      var unused =
          registry
              .loop()
              .schedule(
                  spread.toNanos() * i++ / Math.max(1, count),
                  () ->
                      stream.close(
                          Status.UNAVAILABLE.withDescription("the control server is stopping")));
    }
  }
}
