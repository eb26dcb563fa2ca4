package io.inmesh.filter;

import java.util.ArrayList;
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

  /** Only those that decide who may send a request. */
  public FilterChain guards() {
    List<String> guardNames = new ArrayList<>();
    List<MeshFilter> guards = new ArrayList<>();
    for (int i = 0; i < filters.length; i++) {
      if (filters[i].guards()) {
        guardNames.add(names[i]);
        guards.add(filters[i]);
      }
    }
    return guards.isEmpty() ? EMPTY : new FilterChain(guardNames, guards);
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
