package io.inmesh.server.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Trust domains beside the mesh's own.
 *
 * @param aliases former or other names of the own one, under the same roots: policies that name one
 *     of them mean all
 * @param roots of foreign ones, in PEM by name; each is believed for its own domain only
 */
public record FederationSpec(List<String> aliases, Map<String, String> roots) {
  /** There are none. */
  public static final FederationSpec NONE = new FederationSpec(List.of(), Map.of());

  /** Copies the collections. */
  public FederationSpec {
    aliases = List.copyOf(aliases);
    roots = Map.copyOf(roots);
  }

  /** The own trust domain and its aliases. */
  List<String> names(String own) {
    List<String> names = new ArrayList<>(List.of(own));
    names.addAll(aliases);
    return names;
  }
}
