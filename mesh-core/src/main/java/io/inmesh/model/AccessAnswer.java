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
   */
  record Allowed(
      List<HeaderAdd> request,
      List<String> removed,
      List<HeaderAdd> response,
      Map<String, Object> told)
      implements AccessAnswer {
    public Allowed {
      request = List.copyOf(request);
      removed = List.copyOf(removed);
      response = List.copyOf(response);
      told = Map.copyOf(told);
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
