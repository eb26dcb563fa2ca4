package io.inmesh.model;

import java.util.List;
import java.util.Map;

/** What somebody who decides about a request says. */
public sealed interface AccessAnswer {
  /**
   * It passes.
   *
   * @param request changes of its header
   * @param removed header fields that it loses
   * @param response changes of the response's header
   * @param told to later filters; maps, lists, strings, numbers and booleans
   * @param query changes of the request's query parameters
   */
  record Allowed(
      List<HeaderAdd> request,
      List<String> removed,
      List<HeaderAdd> response,
      Map<String, Object> told,
      QueryChange query)
      implements AccessAnswer {
    public Allowed {
      request = List.copyOf(request);
      removed = List.copyOf(removed);
      response = List.copyOf(response);
      told = Map.copyOf(told);
    }
  }

  /**
   * Changes of query parameters; what is removed is removed last.
   *
   * @param set names and values, which replace all values that are there
   * @param removed names
   */
  record QueryChange(List<Map.Entry<String, String>> set, List<String> removed) {
    /** No change. */
    public static final QueryChange NONE = new QueryChange(List.of(), List.of());

    public QueryChange {
      set = List.copyOf(set);
      removed = List.copyOf(removed);
    }

    /** Whether everything stays as it is. */
    public boolean isEmpty() {
      return set.isEmpty() && removed.isEmpty();
    }
  }

  /**
   * It does not.
   *
   * @param status HTTP status of the refusal
   * @param headers fields of the refusal, names in lower case
   * @param body text, may be empty
   */
  record Denied(int status, List<Map.Entry<String, String>> headers, String body)
      implements AccessAnswer {
    public Denied {
      headers = List.copyOf(headers);
    }
  }
}
