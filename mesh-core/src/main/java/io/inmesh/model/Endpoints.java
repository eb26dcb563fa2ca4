package io.inmesh.model;

import io.inmesh.model.Endpoint.Health;
import io.inmesh.model.Endpoint.Probing;
import java.net.InetSocketAddress;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints in the least memory, since a process watches many more than it calls: columns of what
 * they say, from which an {@link Endpoint} is made each time that one is asked for. What all say is
 * kept once. Immutable.
 */
public final class Endpoints extends AbstractList<Endpoint> implements RandomAccess {
  private final int size;
  private final AddressColumn addresses;
  private final TextColumn hostnames;

  // One entry stands for all that are equal.
  private final int[] weights;
  private final Health[] health;
  private final Probing[] probing;

  /** Of the metadata of all, sorted; an endpoint need not have every one. */
  private final String[] names;

  private final TextColumn[] values;

  private Endpoints(List<Endpoint> endpoints) {
    size = endpoints.size();
    addresses = AddressColumn.of(endpoints.stream().map(Endpoint::address).toList());
    hostnames = texts(endpoints, Endpoint::hostname);
    int[] each = endpoints.stream().mapToInt(Endpoint::weight).toArray();
    weights = IntStream.of(each).distinct().count() == 1 ? new int[] {each[0]} : each;
    health = once(endpoints.stream().map(Endpoint::health).toArray(Health[]::new));
    probing = once(endpoints.stream().map(Endpoint::probing).toArray(Probing[]::new));
    names =
        endpoints.stream()
            .flatMap(endpoint -> endpoint.metadata().keySet().stream())
            .distinct()
            .sorted()
            .toArray(String[]::new);
    values = new TextColumn[names.length];
    for (int i = 0; i < names.length; i++) {
      String name = names[i];
      values[i] = texts(endpoints, endpoint -> endpoint.metadata().get(name));
    }
  }

  /** The same endpoints. */
  public static Endpoints of(List<Endpoint> endpoints) {
    return endpoints instanceof Endpoints made ? made : new Endpoints(List.copyOf(endpoints));
  }

  private static TextColumn texts(
      List<Endpoint> endpoints, Function<Endpoint, @Nullable String> of) {
    return TextColumn.of(endpoints.stream().map(of).toList());
  }

  private static <T> T[] once(T[] each) {
    boolean equal = Arrays.stream(each).distinct().count() == 1;
    return equal ? Arrays.copyOf(each, 1) : each;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public Endpoint get(int position) {
    String hostname = hostnames.get(position);
    return new Endpoint(
        address(position),
        weight(position),
        health(position),
        hostname == null ? "" : hostname,
        TextMap.of(names, i -> values[i].get(position)),
        probing[probing.length == 1 ? 0 : position]);
  }

  /** The address of the endpoint at a position. */
  public InetSocketAddress address(int position) {
    return addresses.get(position);
  }

  /** The weight of the endpoint at a position. */
  public int weight(int position) {
    return weights[weights.length == 1 ? 0 : position];
  }

  /** The health of the endpoint at a position. */
  public Health health(int position) {
    return health[health.length == 1 ? 0 : position];
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Endpoints endpoints
        ? size == endpoints.size
            && addresses.equals(endpoints.addresses)
            && hostnames.equals(endpoints.hostnames)
            && Arrays.equals(weights, endpoints.weights)
            && Arrays.equals(health, endpoints.health)
            && Arrays.equals(probing, endpoints.probing)
            && Arrays.equals(names, endpoints.names)
            && Arrays.equals(values, endpoints.values)
        : super.equals(other);
  }

  @Override
  public int hashCode() {
    return super.hashCode();
  }
}
