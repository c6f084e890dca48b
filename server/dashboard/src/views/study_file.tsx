// The study file as it was resolved.
import type {LiveStudy} from '../live';

export function StudyFileView({study}: {study: LiveStudy}) {
  return (
    <section class="card" aria-labelledby="file">
      <div class="card-head">
        <div>
          <h3 id="file">Study file</h3>
          <p class="summary">With everything that it left open filled in. <code>study edit {study.name} key=value</code> changes it while the study runs.</p>
        </div>
      </div>
      <pre class="text file">{JSON.stringify(study.info.value!.spec, null, 2)}</pre>
    </section>
  );
}
