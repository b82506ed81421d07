using System.Text.Json.Serialization;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Http.LocalAgent;

/// <summary>The JSON forms of answers about the agent itself, generated at build time.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)])]
[JsonSerializable(typeof(IReadOnlyList<ServerView>))]
[JsonSerializable(typeof(AgentSelf))]
[JsonSerializable(typeof(IReadOnlyList<SelfMember>))]
internal sealed partial class LocalAgentJson : JsonSerializerContext;
