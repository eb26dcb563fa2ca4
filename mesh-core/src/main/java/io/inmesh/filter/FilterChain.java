package io.inmesh.filter;

import java.util.List;

/** The filters of one route, in order. Immutable. */
public final class FilterChain {
  /** No filter. */
  public static final FilterChain EMPTY = new FilterChain(List.of(), List.of());

  private final MeshFilter[] filters;
  private final String[] names;

  FilterChain(List<String> names, List<MeshFilter> filters) {
    this.names = names.toArray(new String[0]);
    this.filters = filters.toArray(new MeshFilter[0]);
  }

  /** Whether there is nothing to run. */
  public boolean isEmpty() {
    return filters.length == 0;
  }

  int size() {
    return filters.length;
  }

  MeshFilter filter(int index) {
    return filters[index];
  }

  String name(int index) {
    return names[index];
  }
}
