using System.Text.Json.Serialization;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Agent.LocalServices;

/// <summary>How they are sealed: what is registered is in the store already, so only that it is read is written.</summary>
internal sealed class LocalServiceCodec(LocalState state)
    : SealedCodec<LocalServiceRequest, ShownService, SealedLocalService>(SealedLocalServiceJson.Default.SealedLocalService)
{
    protected override SealedLocalService Describe(LocalServiceRequest request, ShownService value) => new() { Request = request.Id };

    protected override (LocalServiceRequest Request, ShownService Value)? Restore(SealedLocalService document) =>
        state.Current.Service(document.Request)?.Visible is { } service
            ? (new LocalServiceRequest(document.Datacenter, document.Token, service.Id, service.Name), new ShownService(service))
            : null;
}

/// <summary>The sealed form; its request is the ID.</summary>
internal sealed record SealedLocalService : SealedDocument;

[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)])]
[JsonSerializable(typeof(SealedLocalService))]
internal sealed partial class SealedLocalServiceJson : JsonSerializerContext;
