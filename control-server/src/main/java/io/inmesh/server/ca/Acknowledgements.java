package io.inmesh.server.ca;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What the connected clients have put into force. Thread-safe. */
final class Acknowledgements {
  /**
   * One client.
   *
   * @param name for people
   * @param sequence of the trust it has; 0: none yet
   * @param authority of the certificate it uses; empty: not known
   * @param since when it began to use a certificate of that authority
   */
  record Client(String name, long sequence, String authority, Instant since) {}

  /** How long requests on connections with the certificate before may still be in flight. */
  static final Duration DRAIN = Duration.ofSeconds(5);

  private final Map<Object, Client> clients = new ConcurrentHashMap<>();
  private final InstantSource clock;

  Acknowledgements(InstantSource clock) {
    this.clock = clock;
  }

  void put(Object stream, String name, long sequence, String authority) {
    clients.compute(
        stream,
        (key, before) ->
            new Client(
                name,
                sequence,
                authority,
                before != null && before.authority().equals(authority)
                    ? before.since()
                    : clock.instant()));
  }

  void remove(Object stream) {
    clients.remove(stream);
  }

  int size() {
    return clients.size();
  }

  /** Why the next step must wait: the clients that do not have this trust yet; empty: none. */
  String behind(long sequence) {
    return names(
        client -> client.sequence() < sequence, "have not put the present trust into force");
  }

  /** Why an authority is still needed; empty: it is not. */
  String using(String authority) {
    Instant drained = clock.instant().minus(DRAIN);
    return names(
        client -> client.authority().equals(authority) || client.since().isAfter(drained),
        "use its certificates, or did a moment ago");
  }

  private String names(java.util.function.Predicate<Client> which, String what) {
    var names = clients.values().stream().filter(which).map(Client::name).sorted().toList();
    return names.isEmpty()
        ? ""
        : names.size()
            + " of "
            + clients.size()
            + " connected clients "
            + what
            + ": "
            + String.join(", ", names.subList(0, Math.min(5, names.size())));
  }
}
