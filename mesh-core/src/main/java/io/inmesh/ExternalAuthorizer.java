package io.inmesh;

import io.inmesh.control.Clock;
import io.inmesh.filter.authz.Arbiter;
import io.inmesh.model.AccessAnswer;
import io.inmesh.model.AccessQuestion;
import io.inmesh.model.ExternalAuthorization;
import io.inmesh.wire.CheckMessages;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Has services of the mesh decide about requests: they are called as the application calls others,
 * balanced and by mutual TLS. Thread-safe.
 */
final class ExternalAuthorizer implements Arbiter.Source, AutoCloseable {
  private final MeshClients clients;
  private final Clock clock;
  private final Map<ExternalAuthorization.Provider, Arbiter> arbiters = new ConcurrentHashMap<>();

  ExternalAuthorizer(MeshClients clients, Clock clock) {
    this.clients = clients;
    this.clock = clock;
  }

  @Override
  public Arbiter of(ExternalAuthorization.Provider provider) {
    return arbiters.computeIfAbsent(provider, this::open);
  }

  private Arbiter open(ExternalAuthorization.Provider provider) {
    if (provider instanceof ExternalAuthorization.Http http) {
      return new HttpArbiter(http, clients);
    }
    return (question, timeout) -> check(provider.authority(), question, timeout);
  }

  private CompletionStage<AccessAnswer> check(
      String authority, AccessQuestion question, Duration timeout) {
    try {
      return clients
          .unary(
              authority,
              CheckMessages.METHOD,
              CheckMessages.question(question, clock.epochMillis()),
              timeout)
          .thenApply(CheckMessages::answer);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public void close() {
    clients.close();
  }
}
