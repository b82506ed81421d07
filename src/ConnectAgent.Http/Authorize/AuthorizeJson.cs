using System.Text.Json.Serialization;
using ConnectAgent.Agent.Authorization;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Http.Authorize;

/// <summary>The JSON forms of answers of authorize, generated at build time.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)])]
[JsonSerializable(typeof(AuthorizeReply))]
[JsonSerializable(typeof(Explanation))]
internal sealed partial class AuthorizeJson : JsonSerializerContext;

/// <summary>The decision about a connection, allowed or denied, with its reason (intentions AUTHZ-2).</summary>
internal sealed record AuthorizeReply(bool Authorized, string Reason);
