package io.inmesh.spring;

import io.inmesh.Mesh;
import jakarta.servlet.DispatcherType;
import java.net.InetAddress;
import java.util.EnumSet;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.eclipse.jetty.ee11.servlet.ErrorPageErrorHandler;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import org.springframework.web.servlet.mvc.method.annotation.StreamingResponseBody;

/** What Spring's applications are served by. */
enum Container {
  TOMCAT {
    @Override
    Running start(Mesh mesh, Orders orders) {
      return boot(WebApplicationType.SERVLET, mesh, orders, ServletApplication.class);
    }
  },
  /** As war files have it: the filter without Boot's server. */
  JETTY {
    @Override
    Running start(Mesh mesh, Orders orders) throws Exception {
      Server server = new Server();
      ServerConnector connector = new ServerConnector(server);
      connector.setHost(InetAddress.getLoopbackAddress().getHostAddress());
      server.addConnector(connector);
      ServletContextHandler context = new ServletContextHandler();
      ServletHolder servlet = new ServletHolder(new OrdersServlet(orders));
      servlet.setAsyncSupported(true);
      context.addServlet(servlet, "/*");
      ErrorPageErrorHandler errors = new ErrorPageErrorHandler();
      errors.addErrorPage(ErrorPageErrorHandler.GLOBAL_ERROR_PAGE, "/failed");
      context.setErrorHandler(errors);
      MeshServletFilter filter = new MeshServletFilter(mesh);
      FilterHolder holder = new FilterHolder(filter);
      holder.setAsyncSupported(true);
      context.addFilter(holder, "/*", EnumSet.allOf(DispatcherType.class));
      context.addEventListener(filter);
      server.setHandler(context);
      server.start();
      int port = connector.getLocalPort();
      var unused = mesh.inbound(port);
      return new Running(port, mesh, orders, server::stop);
    }
  },
  REACTOR {
    @Override
    Running start(Mesh mesh, Orders orders) {
      return boot(WebApplicationType.REACTIVE, mesh, orders, ReactiveApplication.class);
    }
  };

  /** The service it serves. */
  String service() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether what it answers is written by servlets. */
  boolean servlets() {
    return this != REACTOR;
  }

  abstract Running start(Mesh mesh, Orders orders) throws Exception;

  /** One that runs. */
  record Running(int port, Mesh mesh, Orders orders, Stop stop) {}

  /** Ends one. */
  interface Stop {
    void run() throws Exception;
  }

  private static Running boot(
      WebApplicationType type, Mesh mesh, Orders orders, Class<?> application) {
    BootServer server =
        new BootServer(
            type, mesh, application, context -> context.registerBean(Orders.class, () -> orders));
    return new Running(server.port(), mesh, orders, server::close);
  }

  @SpringBootConfiguration
  @EnableAutoConfiguration
  static class ServletApplication {
    @Bean
    ServletRegistrationBean<OrdersServlet> raw(Orders orders) {
      return new ServletRegistrationBean<>(new OrdersServlet(orders), "/raw/*");
    }

    @Bean
    Controller controller() {
      return new Controller();
    }
  }

  /** As Spring's applications answer. */
  @RestController
  static class Controller {
    @GetMapping("/mvc/plain")
    String plain() {
      return "plain";
    }

    @GetMapping("/mvc/error")
    String error() {
      throw new ResponseStatusException(HttpStatus.GONE);
    }

    @GetMapping("/mvc/async")
    Callable<String> async() {
      return () -> "async";
    }

    @GetMapping("/mvc/stream")
    StreamingResponseBody stream() {
      return out -> out.write(Orders.large(100_000));
    }

    @GetMapping("/mvc/sse")
    SseEmitter sse() throws Exception {
      SseEmitter emitter = new SseEmitter();
      emitter.send("one");
      emitter.send("two");
      emitter.complete();
      return emitter;
    }
  }

  @SpringBootConfiguration
  @EnableAutoConfiguration
  static class ReactiveApplication {
    @Bean
    RouterFunction<ServerResponse> raw(Orders orders) {
      return RouterFunctions.route(RequestPredicates.path("/raw/**"), new OrdersHandler(orders));
    }
  }
}
