package io.inmesh.server;

import static java.util.stream.Collectors.groupingBy;

import io.inmesh.identity.SpiffeId;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.MeshDefaultsSpec.Binding;
import io.inmesh.server.config.ResourceKey;
import io.inmesh.server.registry.Instance;
import io.inmesh.server.registry.ServiceKey;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a configuration says about who may be what; equal where that is the same.
 *
 * @param bindings what the operator bound, by service
 * @param selectors what makes instances part of services by their labels, by namespace
 */
record BindingRules(
    Map<ServiceKey, List<Binding>> bindings, Map<String, List<Selector>> selectors) {
  /**
   * A resource that selects instances.
   *
   * @param key of the resource
   * @param labels that an instance must have, at least one
   */
  record Selector(ResourceKey key, Map<String, String> labels) {}

  static BindingRules of(ConfigSet config) {
    Stream<Selector> services =
        config.services().stream()
            .map(service -> new Selector(service.key(), service.spec().selector()));
    Stream<Selector> entries =
        config.serviceEntries().stream()
            .map(entry -> new Selector(entry.key(), entry.spec().workloadSelector()));
    return new BindingRules(
        config.meshDefaults().registration().stream()
            .collect(groupingBy(bound -> new ServiceKey(bound.namespace(), bound.service()))),
        Stream.concat(services, entries)
            .filter(selector -> !selector.labels().isEmpty())
            .collect(groupingBy(selector -> selector.key().namespace())));
  }

  List<Binding> bound(String namespace, String service) {
    return bindings.getOrDefault(new ServiceKey(namespace, service), List.of());
  }

  /** Whether an identity of the namespace may be a service, wherever it is. */
  boolean mayBe(String namespace, String service, SpiffeId id) {
    List<Binding> bound = bound(namespace, service);
    String account = String.valueOf(id.serviceAccount());
    return bound.isEmpty()
        ? service.equals(account)
        : bound.stream().anyMatch(binding -> binding.serviceAccounts().contains(account));
  }

  /** Whether an identity may be a service where the instance is. */
  boolean admits(String service, Instance claimed, SpiffeId id) {
    List<Binding> bound = bound(claimed.key().namespace(), service);
    String account = String.valueOf(id.serviceAccount());
    return bound.isEmpty()
        ? service.equals(account)
        : bound.stream().anyMatch(binding -> binding.admits(account, claimed.address()));
  }

  /** What decided where the answer was no. */
  String hint(String namespace, String service, SpiffeId id) {
    if (bound(namespace, service).isEmpty()) {
      return "only the service account of that name may, unless MeshDefaults binds the service to"
          + " others";
    }
    return mayBe(namespace, service, id)
        ? "MeshDefaults binds it to other networks"
        : "MeshDefaults binds it to others";
  }
}
