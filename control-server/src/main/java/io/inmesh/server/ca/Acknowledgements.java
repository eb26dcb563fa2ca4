package io.inmesh.server.ca;

import io.inmesh.identity.TrustBundle;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the connected clients have put into force. One that owes something for longer than the
 * patience holds nobody up any more. Thread-safe.
 */
final class Acknowledgements {
  /**
   * One client.
   *
   * @param name for people
   * @param sequence of the trust it has; 0: none yet
   * @param authority of the certificate it uses; empty: not known
   * @param since when it began to use a certificate of that authority
   * @param lateSince when it began to owe something: to put the present trust into force, to say
   *     what it uses, or to replace a certificate as it was told; null: it owes nothing
   */
  private record Client(
      String name, long sequence, String authority, Instant since, @Nullable Instant lateSince) {
    Client judged(TrustState trust, Instant now) {
      boolean late =
          sequence < trust.sequence()
              || authority.isEmpty()
              || trust.renewAuthorities().contains(authority);
      Instant began = lateSince == null ? now : lateSince;
      return new Client(name, sequence, authority, since, late ? began : null);
    }
  }

  /** How long requests on connections with the certificate before may still be in flight. */
  static final Duration DRAIN = Duration.ofSeconds(5);

  private final Map<Object, Client> clients = new ConcurrentHashMap<>();
  private final InstantSource clock;
  private final Duration patience;
  private volatile TrustState trust = new TrustState(0, TrustBundle.NONE, Set.of(), Duration.ZERO);

  /**
   * No clients yet.
   *
   * @param patience how long a client may owe something and be waited for
   */
  Acknowledgements(InstantSource clock, Duration patience) {
    this.clock = clock;
    this.patience = patience;
  }

  /** Other trust is in force here, and owed by everybody. */
  void trustChanged(TrustState now) {
    trust = now;
    clients.replaceAll((stream, client) -> client.judged(now, clock.instant()));
  }

  /** A client has come and has nothing yet. */
  void opened(Object stream, String name) {
    Instant now = clock.instant();
    clients.put(stream, new Client(name, 0, "", now, now));
  }

  /** What a client has put into force. */
  void put(Object stream, long sequence, String authority) {
    Instant now = clock.instant();
    clients.computeIfPresent(
        stream,
        (key, before) ->
            new Client(
                    before.name,
                    sequence,
                    authority,
                    before.authority.equals(authority) ? before.since : now,
                    before.lateSince)
                .judged(trust, now));
  }

  void remove(Object stream) {
    clients.remove(stream);
  }

  int size() {
    return clients.size();
  }

  /** Who owes something, and until when others wait for it, by name. */
  List<Rotation.Late> late() {
    List<Rotation.Late> late = new ArrayList<>();
    for (Client client : clients.values()) {
      Instant began = client.lateSince;
      if (began != null) {
        String until = began.plus(patience).toString();
        late.add(new Rotation.Late(client.name, began.toString(), until));
      }
    }
    late.sort(Comparator.comparing(Rotation.Late::client));
    return late;
  }

  /** Why the next step must wait: the clients that do not have this trust yet; empty: none. */
  String behind(long sequence) {
    return names(
        waitedFor().and(client -> client.sequence < sequence),
        "have not put the present trust into force");
  }

  /** Why an authority is still needed; empty: it is not. */
  String using(String authority) {
    Instant drained = clock.instant().minus(DRAIN);
    return names(
        waitedFor()
            .and(
                client ->
                    client.authority.equals(authority)
                        || client.authority.isEmpty()
                        || client.since.isAfter(drained)),
        "use its certificates, did a moment ago, or have not said what they use");
  }

  /** Who is not waited for any more; empty: nobody. */
  String givenUp() {
    return names(waitedFor().negate(), "were not waited for any longer");
  }

  private Predicate<Client> waitedFor() {
    Instant enough = clock.instant().minus(patience);
    return client -> client.lateSince == null || client.lateSince.isAfter(enough);
  }

  private String names(Predicate<Client> which, String what) {
    List<Client> found =
        clients.values().stream().filter(which).sorted(Comparator.comparing(Client::name)).toList();
    return found.isEmpty()
        ? ""
        : found.size()
            + " of "
            + clients.size()
            + " connected clients "
            + what
            + ": "
            + found.stream()
                .limit(5)
                .map(
                    client ->
                        client.lateSince == null
                            ? client.name
                            : client.name + " (since " + client.lateSince + ")")
                .collect(Collectors.joining(", "));
  }
}
