package io.inmesh;

import io.grpc.Status;
import io.inmesh.wire.RegistrationClient;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** An application's handle on a registration. */
final class MeshRegistration implements Registration {
  private static final long CLOSE_SECONDS = 2;

  private final RegistrationClient client;
  private final String instance;

  MeshRegistration(RegistrationClient client, String instance) {
    this.client = client;
    this.instance = instance;
  }

  RegistrationClient client() {
    return client;
  }

  @Override
  public CompletionStage<Void> whenRegistered() {
    CompletableFuture<Void> result = new CompletableFuture<>();
    var unused =
        client
            .registered()
            .whenComplete(
                (done, failure) -> {
                  if (failure == null) {
                    result.complete(null);
                  } else {
                    Throwable cause =
                        failure instanceof CompletionException && failure.getCause() != null
                            ? failure.getCause()
                            : failure;
                    Status status = Status.fromThrowable(cause);
                    result.completeExceptionally(
                        new MeshException(
                            status.getCode() == Status.Code.CANCELLED
                                ? MeshException.Reason.CLOSED
                                : MeshException.Reason.DENIED,
                            "instance "
                                + instance
                                + " is not registered: "
                                + status.getCode()
                                + ": "
                                + status.getDescription()));
                  }
                });
    return result;
  }

  @Override
  public void health(Health health) {
    client.health(
        health == Health.HEALTHY
            ? io.inmesh.wire.registration.v1.Health.HEALTHY
            : io.inmesh.wire.registration.v1.Health.UNHEALTHY);
  }

  @Override
  public CompletionStage<Void> drain() {
    return client.drain();
  }

  @Override
  public void close() {
    try {
      client.deregister().get(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // The lease ends by itself.
    }
  }
}
