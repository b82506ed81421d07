using System.Net;

namespace ConnectAgent.Benchmarks;

/// <summary>The baseline: Kestrel with nothing around it reads the same request and answers the same bytes.</summary>
internal static class BareKestrel
{
    public static WebApplication Build(int port, byte[] body)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        var app = builder.Build();
        app.Run(async context =>
        {
            var reader = context.Request.BodyReader;
            while (true)
            {
                var read = await reader.ReadAsync(context.RequestAborted);
                reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    break;
                }
            }

            context.Response.ContentType = "application/json";
            context.Response.ContentLength = body.Length;
            context.Response.Headers.Vary = "Accept-Encoding";
            context.Response.Headers["X-Cache"] = "HIT";
            context.Response.Headers.Age = "0";
            context.Response.Headers["X-Consul-Default-Acl-Policy"] = "allow";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
        });
        return app;
    }
}
