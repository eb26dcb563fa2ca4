package io.inmesh.server;

import io.inmesh.server.ads.Absence;
import io.inmesh.server.ads.TypeUrl;
import io.inmesh.server.config.Words;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells a client that asked for a service that does not exist what it may have meant: another port
 * of the service, a service with nearly the same name, one of the same name elsewhere. Thread-safe.
 */
final class NearbyNames implements Absence {
  /** In a mesh with more names than this no guess is made: it would cost too much. */
  private static final int LIMIT = 5_000;

  private final Supplier<? extends Collection<String>> listeners;

  /** Guesses among the names of listeners, {@code <host>[:<port>]}. */
  NearbyNames(Supplier<? extends Collection<String>> listeners) {
    this.listeners = listeners;
  }

  @Override
  public String describe(String typeUrl, String name) {
    if (!typeUrl.equals(TypeUrl.LISTENER) || name.indexOf('/') >= 0) {
      return PLAIN.describe(typeUrl, name);
    }
    String host = host(name);
    TreeMap<String, List<String>> ports = new TreeMap<>();
    Collection<String> all = listeners.get();
    for (String known : all.size() > LIMIT ? List.<String>of() : all) {
      if (known.indexOf('/') < 0) {
        List<String> of = ports.computeIfAbsent(host(known), h -> new ArrayList<>());
        if (known.indexOf(':') >= 0) {
          of.add(known.substring(known.indexOf(':') + 1));
        }
      }
    }
    if (ports.containsKey(host)) {
      String asked =
          name.equals(host)
              ? "no single gRPC port"
              : "no port " + name.substring(host.length() + 1);
      return host + " has " + asked + ", only " + String.join(", ", ports.get(host));
    }
    String meant = nearby(host, ports.keySet());
    return meant == null ? "no such service" : "no such service; did you mean '" + meant + "'?";
  }

  private static @Nullable String nearby(String host, Collection<String> hosts) {
    String label = label(host);
    String rest = host.substring(label.length());
    List<String> besides =
        hosts.stream().filter(known -> known.endsWith(rest)).map(NearbyNames::label).toList();
    String closest = rest.isEmpty() ? null : Words.closest(label, besides);
    if (closest != null && hosts.contains(closest + rest)) {
      return closest + rest;
    }
    return hosts.stream().filter(known -> label(known).equals(label)).findFirst().orElse(null);
  }

  private static String label(String host) {
    int dot = host.indexOf('.');
    return dot < 0 ? host : host.substring(0, dot);
  }

  private static String host(String listener) {
    int colon = listener.indexOf(':');
    return colon < 0 ? listener : listener.substring(0, colon);
  }
}
