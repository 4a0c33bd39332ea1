"""The gateway and Lambda, for a few calls: a call goes by the route and the integration that exist to the program of the function, with
the variables that the live version has."""

import json
import queue
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

PATIENCE = 30


class Runtime:
    def __init__(self, services, stack, binaries, aws):
        self.services, self.stack, self.binaries, self.aws = services, stack, binaries, aws
        self.events, self.answers, self.processes, self.ids = {}, {}, {}, count(1)

    def __enter__(self):
        runtime = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                function = self.path.split("/")[1]
                number, event = runtime.events[function].get()
                headers = {
                    "lambda-runtime-aws-request-id": number, "lambda-runtime-deadline-ms": "4102444800000",
                    "lambda-runtime-invoked-function-arn": f"arn:aws:lambda:us-east-1:123456789012:function:{function}",
                }
                self.answer(200, json.dumps(event).encode(), headers)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)) or 0) if "content-length" in self.headers else self.chunks()
                *_, number, _ = self.path.split("/")
                if number in runtime.answers:
                    runtime.answers[number].put(json.loads(body))
                self.answer(202, b"{}", {})

            def chunks(self):
                body = b""
                while size := int(self.rfile.readline().strip() or b"0", 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def answer(self, status, body, headers):
                try:
                    self.send_response(status)
                    for name, value in {**headers, "content-length": str(len(body))}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_):
                """A function that is ended hangs up."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        for process in self.processes.values():
            process.kill()
            process.wait()
        self.server.shutdown()

    def call(self, method, path, token):
        """Sends a request through the gateway; the answer as the function gives it."""
        interface, = [one for one in self.services.api.get_apis()["Items"] if one["Name"] == self.stack.name]
        routes = {one["RouteKey"]: one["Target"] for one in self.services.api.get_routes(ApiId=interface["ApiId"])["Items"]}
        keys = (f"{method} {path}", f"ANY {path}", "$default")
        target = next(routes[key] for key in keys if key in routes).removeprefix("integrations/")
        uri = self.services.api.get_integration(ApiId=interface["ApiId"], IntegrationId=target)["IntegrationUri"]
        return self.invoke(uri.split(":")[6], {
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": {"x-storageapi-token": token},
            "requestContext": {
                "accountId": "123456789012", "apiId": interface["ApiId"], "domainName": "x", "domainPrefix": "x", "requestId": "r",
                "routeKey": "$default", "stage": "$default", "time": "15/Jan/2026:12:00:00 +0000", "timeEpoch": 1768478400000,
                "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "rehearsal"},
            },
            "isBase64Encoded": False,
        })

    def invoke(self, function, event):
        if function not in self.processes:
            self.start(function)
        number = str(next(self.ids))
        self.answers[number] = queue.Queue()
        self.events[function].put((number, event))
        try:
            return self.answers[number].get(timeout=PATIENCE)
        except queue.Empty:
            raise SystemExit(f"{function} does not answer, and ended with {self.processes[function].poll()}") from None

    def start(self, function):
        """Starts the program of a function with the variables of its live version, and with what Lambda adds."""
        live = self.services.lambda_.get_function_configuration(FunctionName=function, Qualifier="live")
        host, port = self.server.server_address
        variables = {
            **live["Environment"]["Variables"], **self.aws, "AWS_LAMBDA_RUNTIME_API": f"http://{host}:{port}/{function}",
            "AWS_LAMBDA_FUNCTION_NAME": function, "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        }
        self.events[function] = queue.Queue()
        program = self.binaries / function.removeprefix(f"{self.stack.name}-")
        self.processes[function] = subprocess.Popen([program], env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
