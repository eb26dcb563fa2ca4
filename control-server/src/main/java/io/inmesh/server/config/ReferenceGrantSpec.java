package io.inmesh.server.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gateway API {@code ReferenceGrant}: objects of {@code from} may name objects of {@code to} in the
 * grant's namespace.
 *
 * @param from at least one
 * @param to at least one
 */
public record ReferenceGrantSpec(List<From> from, List<To> to) implements Spec {

  /** Copies the lists. */
  public ReferenceGrantSpec {
    from = List.copyOf(from);
    to = List.copyOf(to);
  }

  /** Whether an object of this group, kind and namespace may name that object. */
  public boolean permits(
      String fromGroup,
      String fromKind,
      String fromNamespace,
      String toGroup,
      String toKind,
      String toName) {
    return from.contains(new From(fromGroup, fromKind, fromNamespace))
        && (to.contains(new To(toGroup, toKind, null))
            || to.contains(new To(toGroup, toKind, toName)));
  }

  /**
   * Who may refer.
   *
   * @param group API group; empty for the core group
   */
  public record From(String group, String kind, String namespace) {}

  /**
   * What may be referred to.
   *
   * @param group API group; empty for the core group
   * @param name one object; null for all of the kind
   */
  public record To(String group, String kind, @Nullable String name) {}
}
