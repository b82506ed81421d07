using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Http.Discovery;
using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Health;

/// <summary>Where is my upstream, and does it pass: the instances of a service with their checks (services HLT-1 to HLT-5, HLT-9).</summary>
internal sealed class HealthEndpoints(HealthReads reads, HealthViews views, CachedReads cached, IServerClient servers, AgentIdentity agent) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        foreach (var (path, selects) in new[]
        {
            ("/v1/health/service/", ServiceSelection.Instances), ("/v1/health/connect/", ServiceSelection.Connect), ("/v1/health/ingress/", ServiceSelection.Ingress),
        })
        {
            routes.MapCached(path, (HttpMethods.Get, cached.PermissionOf(path), request => AnswerAsync(request, selects)));
        }
    }

    private Task AnswerAsync(WireRequest request, ServiceSelection selects)
    {
        if (cached.TryAnswer(request, out var answering))
        {
            return answering;
        }

        // HTTP-3: the namespace is looked at first.
        request.RefuseNamespace();
        var options = ReadOptions.Parse(request);
        return options is { Blocking.Blocks: false, Filter.Length: 0 }
            && options.Datacenter == agent.Datacenter
            && !request.Query.Has("tag")
            && !request.Query.Has("node-meta")
            && views.Find(selects, request.TailSpan) is { } view
            && servers.TryResolve(options.Token, out var rights)
            && HealthReads.MaySeeAll(rights, view)
            ? ReplyAsync(request, options, view)
            : WaitAsync(request, options, selects);
    }

    private async Task WaitAsync(WireRequest request, ReadOptions options, ServiceSelection selects)
    {
        request.Hold();
        var name = request.Tail.Length > 0 ? request.Tail : throw WireException.Invalid("Missing service name");
        agent.RequireDatacenter(options.Datacenter);
        var query = new InstancesQuery(
            selects == ServiceSelection.Connect,
            name,
            request.Query.All("tag"),
            request.Query.All("node-meta"),
            options.Filter,
            selects == ServiceSelection.Ingress);
        var answer = await reads.ReadAsync(name, query, options.Token, options.Blocking, request.Aborted);
        WireReply.QueryHeaders(request.Context, answer.View.Body.TextOf(answer.Index), options.Consistency);
        if (answer.List.IsFiltered)
        {
            request.TellFiltered();
        }

        await WireReply.JsonAsync(request, answer.BodyOf(CachedReads.WantsPassing(request.Query)));
    }

    // HTTP-5: a bad word is refused when the headers are there.
    private static Task ReplyAsync(WireRequest request, in ReadOptions options, HealthView view)
    {
        WireReply.QueryHeaders(request.Context, view.Body.TextOf(view.Index), options.Consistency);
        return WireReply.JsonAsync(request, CachedReads.WantsPassing(request.Query) ? view.Passing : view.Body);
    }
}
