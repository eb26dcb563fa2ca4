package io.inmesh.server.config;

import org.jspecify.annotations.Nullable;

/**
 * What a route attaches to (Gateway API {@code ParentReference}).
 *
 * @param group API group; empty for the core group, that of Service
 * @param kind for us {@code Service} or {@code ServiceEntry}; a {@code Gateway} is someone else's
 * @param namespace its namespace; the route's own unless given
 * @param name its name
 * @param sectionName a part of the parent: the name of a Service's port
 * @param port only this port of the Service; null for all
 * @param provenance where it is written
 */
public record ParentRef(
    String group,
    String kind,
    String namespace,
    String name,
    @Nullable String sectionName,
    @Nullable Integer port,
    Provenance provenance) {

  /** Whether the parent is a Service of the core group. */
  public boolean isService() {
    return group.isEmpty() && kind.equals("Service");
  }

  /** Whether the parent is an Istio ServiceEntry. */
  public boolean isServiceEntry() {
    return group.equals(Kind.SERVICE_ENTRY.group()) && kind.equals(Kind.SERVICE_ENTRY.kindName());
  }
}
