package io.inmesh.route;

import io.inmesh.call.RequestHead;
import io.inmesh.control.Randomness;
import io.inmesh.model.Fraction;
import io.inmesh.model.RouteMatch;

/** What a route asks of a request besides its path. Immutable. */
final class Predicates {
  private final FieldTest[] fields;
  private final QueryTest[] queries;
  private final boolean grpcOnly;
  private final Fraction fraction;

  Predicates(RouteMatch match) {
    this.fields = FieldTest.all(match.headers());
    this.queries = match.queries().stream().map(QueryTest::new).toArray(QueryTest[]::new);
    this.grpcOnly = match.grpcOnly();
    this.fraction = match.fraction();
  }

  boolean test(RequestHead head, Randomness random) {
    if (grpcOnly && !grpc(head)) {
      return false;
    }
    for (FieldTest field : fields) {
      if (!field.test(head)) {
        return false;
      }
    }
    if (queries.length > 0 && !queriesMatch(head.path())) {
      return false;
    }
    // Last, so that the share is one of the requests that match otherwise.
    return fraction.numerator() >= fraction.denominator()
        || random.nextInt(fraction.denominator()) < fraction.numerator();
  }

  private boolean queriesMatch(String path) {
    int mark = path.indexOf('?');
    int query = mark < 0 ? path.length() : mark + 1;
    for (QueryTest test : queries) {
      if (!test.test(path, query)) {
        return false;
      }
    }
    return true;
  }

  private static boolean grpc(RequestHead head) {
    if (head.kind() == RequestHead.Kind.GRPC) {
      return true;
    }
    String type = head.headers().get("content-type");
    String grpc = "application/grpc";
    return type != null
        && type.startsWith(grpc)
        && (type.length() == grpc.length()
            || type.charAt(grpc.length()) == '+'
            || type.charAt(grpc.length()) == ';');
  }
}
