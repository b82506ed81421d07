using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace ConnectAgent.Tests.Http.Wire;

/// <summary>A body that comes in as a test has it come.</summary>
internal sealed class Arriving(PipeReader reader) : IRequestBodyPipeFeature
{
    public PipeReader Reader => reader;
}
