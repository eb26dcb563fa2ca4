package io.inmesh.spring;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Answers in every way a servlet can, at paths below {@code /raw}. */
final class OrdersServlet extends HttpServlet {
  private final transient Orders orders;

  OrdersServlet(Orders orders) {
    this.orders = orders;
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    if (request.getDispatcherType() == DispatcherType.ERROR) {
      write(response, "failed");
      return;
    }
    response.setHeader("x-secret", "kept");
    switch (request.getRequestURI()) {
      case "/raw/plain" -> write(response, "plain");
      case "/raw/writer" -> {
        response.setContentType("text/plain;charset=UTF-8");
        response.getWriter().println("wr\u00efter");
      }
      case "/raw/length" -> {
        response.setContentLength(5);
        write(response, "plain");
      }
      case "/raw/late" -> {
        write(response, "plain");
        response.addHeader("x-secret", "late");
      }
      case "/raw/empty" -> response.setStatus(204);
      case "/raw/flush" -> {
        write(response, "first ");
        response.flushBuffer();
        write(response, "second");
      }
      case "/raw/large" -> response.getOutputStream().write(Orders.large(100_000));
      case "/raw/larger" -> {
        orders.executed.incrementAndGet();
        response.getOutputStream().write(Orders.large(300_000));
      }
      case "/raw/error" -> {
        orders.executed.incrementAndGet();
        response.sendError(410, "gone");
      }
      case "/raw/throw" -> throw new IllegalStateException("thrown by the test");
      case "/raw/redirect" -> response.sendRedirect("/raw/plain");
      case "/raw/forward" -> request.getRequestDispatcher("/raw/plain").forward(request, response);
      case "/raw/dispatch" -> request.startAsync().dispatch("/raw/plain");
      case "/raw/async" -> {
        AsyncContext context = request.startAsync();
        context.start(
            () -> {
              writeUnchecked((HttpServletResponse) context.getResponse(), "async");
              context.complete();
            });
      }
      case "/raw/timeout" -> {
        AsyncContext context = request.startAsync();
        context.setTimeout(1);
        context.addListener(new LateAnswer());
      }
      case "/raw/sse" -> {
        AsyncContext context = request.startAsync();
        response.setContentType("text/event-stream");
        context.start(
            () -> {
              for (String event : new String[] {"one", "two"}) {
                writeUnchecked(response, "data: " + event + "\n\n");
                flushUnchecked(response);
              }
              context.complete();
            });
      }
      case "/raw/count" -> {
        request.getInputStream().readAllBytes();
        response.setHeader("x-made", "here");
        write(response, "count " + orders.executed.incrementAndGet());
      }
      case "/raw/held" -> {
        request.getInputStream().readAllBytes();
        int count = orders.executed.incrementAndGet();
        orders.await();
        write(response, "count " + count + " " + "x".repeat(100_000));
      }
      case "/raw/stock" -> {
        try {
          write(response, orders.stock().join().statusCode() + "");
        } catch (CompletionException failed) {
          response.setStatus(504);
        }
      }
      case "/raw/leave" -> {
        CompletableFuture<?> unused = orders.stock();
        while (true) {
          response.getOutputStream().write(Orders.large(10_000));
          response.flushBuffer();
        }
      }
      case "/raw/stock-async" -> {
        AsyncContext context = request.startAsync();
        CompletableFuture<?> unused =
            orders
                .stock()
                .whenComplete(
                    (answer, failure) -> {
                      response.setStatus(failure == null ? answer.statusCode() : 504);
                      context.complete();
                    });
      }
      default -> response.sendError(404);
    }
  }

  /** Answers when the time is up. */
  private static final class LateAnswer implements AsyncListener {
    @Override
    public void onTimeout(AsyncEvent event) {
      AsyncContext context = event.getAsyncContext();
      ((HttpServletResponse) context.getResponse()).setStatus(503);
      context.complete();
    }

    @Override
    public void onComplete(AsyncEvent event) {}

    @Override
    public void onError(AsyncEvent event) {}

    @Override
    public void onStartAsync(AsyncEvent event) {}
  }

  private static void write(HttpServletResponse response, String text) throws IOException {
    response.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
  }

  private static void writeUnchecked(HttpServletResponse response, String text) {
    try {
      write(response, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void flushUnchecked(HttpServletResponse response) {
    try {
      response.flushBuffer();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
