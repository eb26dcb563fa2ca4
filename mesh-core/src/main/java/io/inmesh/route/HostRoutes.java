package io.inmesh.route;

import io.inmesh.call.RequestHead;
import io.inmesh.control.Randomness;
import io.inmesh.model.PathMatch;
import io.inmesh.model.Route;
import io.inmesh.model.VirtualHost;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The compiled routes of one virtual host. Immutable. */
final class HostRoutes<P> {
  private final PathIndex index;
  private final PathTest[] paths;
  private final Predicates[] predicates;
  private final List<P> plans;

  HostRoutes(
      VirtualHost host,
      UnaryOperator<PathMatch> spelling,
      BiFunction<VirtualHost, Route, P> planner) {
    List<Route> routes = host.routes();
    paths = new PathTest[routes.size()];
    predicates = new Predicates[routes.size()];
    plans = new ArrayList<>(routes.size());
    List<PathMatch> matches =
        routes.stream().map(route -> spelling.apply(route.match().path())).toList();
    for (int i = 0; i < paths.length; i++) {
      Route route = routes.get(i);
      try {
        paths[i] = PathTest.ofCandidate(matches.get(i));
        predicates[i] = new Predicates(route.match());
        plans.add(planner.apply(host, route));
      } catch (IllegalArgumentException e) {
        String name = route.name().isEmpty() ? "routes[" + i + "]" : "route '" + route.name() + "'";
        String origin = route.origin().isEmpty() ? "" : " (" + route.origin() + ")";
        throw new IllegalArgumentException(
            "virtual host '" + host.name() + "', " + name + origin + ": " + e.getMessage(), e);
      }
    }
    index = new PathIndex(matches);
  }

  @Nullable P find(RequestHead head, Randomness random) {
    String path = withoutQuery(head.path());
    int best = Integer.MAX_VALUE;
    for (int list = 0; list < index.lists(); list++) {
      for (int position : index.candidates(list, path)) {
        if (position >= best) {
          break;
        }
        if (paths[position].test(path) && predicates[position].test(head, random)) {
          best = position;
          break;
        }
      }
    }
    return best == Integer.MAX_VALUE ? null : plans.get(best);
  }

  static String withoutQuery(String path) {
    int query = path.indexOf('?');
    int end = query < 0 ? path.length() : query;
    int fragment = path.indexOf('#');
    end = fragment < 0 ? end : Math.min(end, fragment);
    return end == path.length() ? path : path.substring(0, end);
  }
}
