using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Reads;

namespace ConnectAgent.Agent.Servers;

/// <summary>
/// One kind of read that servers answer: where it is asked and how its answer is understood. Every feature brings its own; <see cref="IServerClient"/>
/// knows none of them. One that needs nothing of the control plane is an <see cref="IEmbeddedRead{TRequest, TValue}"/> as well.
/// </summary>
/// <typeparam name="TRequest">What is asked, besides datacenter and token.</typeparam>
/// <typeparam name="TValue">What is answered; immutable.</typeparam>
public interface IServerReadKind<in TRequest, TValue>
    where TValue : class
{
    /// <summary>A word of its own: a server that fails one kind of read is not taken to fail the others.</summary>
    string Name { get; }

    /// <summary>Whether the server may have to wait for somebody else before it answers, so that its silence says nothing about it.</summary>
    bool WaitsForOthers => false;

    /// <summary>Whether answers have an index; else each is at index 1, and is not waited for.</summary>
    bool IsIndexed => true;

    /// <summary>What an error says when servers do not have this call (404, 501); null: their own words.</summary>
    string? NotServed => null;

    /// <summary>What servers that do not have this call are taken to hold; null: it is a failure (<see cref="FailureKind.Unsupported"/>).</summary>
    TValue? Absent => null;

    /// <summary>Path and query of Consul's HTTP API, up to where the next parameter goes: it ends in <c>?</c> or <c>&amp;</c>. Never holds a token.</summary>
    /// <exception cref="ServerException">No server can be asked for this.</exception>
    string TargetOf(TRequest request);

    /// <summary>What is sent with the request, which makes it a POST; empty for a GET. It changes nothing at the servers.</summary>
    ReadOnlyMemory<byte> BodyOf(TRequest request) => default;

    /// <summary>
    /// Reads an answer of 200. What is not exactly an answer of Consul's is a failure of the server (<see cref="ConsulAnswer.Garbage"/>), so that
    /// something in between (a proxy, a captive portal, another service on the port) never replaces what is cached.
    /// </summary>
    /// <exception cref="ServerException">Garbage; or what the answer says.</exception>
    TValue Decode(TRequest request, ConsulAnswer answer);
}

/// <summary>Answers one kind of read out of the control plane in this process. Found by name; any number are registered.</summary>
public interface IEmbeddedRead
{
    /// <summary>That of the <see cref="IServerReadKind{TRequest, TValue}"/>.</summary>
    string Name { get; }
}

/// <inheritdoc cref="IEmbeddedRead"/>
public interface IEmbeddedRead<in TRequest, TValue> : IEmbeddedRead
    where TValue : class
{
    /// <inheritdoc cref="IServerClient.ReadAsync"/>
    /// <remarks>The datacenter is the agent's own.</remarks>
    Task<ServerRead<TValue>> ReadAsync(TRequest request, ServerQuery query, CancellationToken cancellationToken);
}
